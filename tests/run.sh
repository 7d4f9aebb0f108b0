#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, configures, builds and runs every test.
#   tests/run.sh [PRESET]    PRESET of CMakePresets.json: dev (default), asan, clang, tsan, tsan-clang, fuzz, long
set -euo pipefail
cd "$(dirname "$0")/.."
. .ci/packages.sh
preset=${1:-dev}

need_packages g++ make cmake python3 "libboost1.81-dev|libboost-dev" libcli11-dev libbenchmark-dev
need_catch2
if [ "$preset" = dev ]; then
  need_packages valgrind python3-matplotlib
  need_packages libxxhash-dev libabsl-dev libmemcached-dev # beside ours in the benchmarks
  need_servers nginx haproxy redis-server redis-tools
fi
if [ "$preset" = clang ]; then need_packages clang-19; fi
if [ "$preset" = asan ] || [ "$preset" = fuzz ] || [ "$preset" = tsan-clang ]; then need_packages clang-19 libclang-rt-19-dev; fi

echo "== configuring and building build/$preset (the first time takes a few minutes)"
cmake --preset "$preset" >/dev/null
cmake --build --preset "$preset" --parallel "$(nproc)"
echo "== testing"
ctest --preset "$preset" --parallel "$(nproc)"
