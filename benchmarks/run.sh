#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds the benchmarks into build/bench, runs them, and writes into build/benchmarks:
# results.json, results.md, and each figure as .svg and .png.
#   benchmarks/run.sh [quick|full] [--filter REGEX] [--docs] [--draw]
#     quick           the default: two to three minutes, all but the largest rings
#     full            about a quarter of an hour: all, in more rounds
#     --filter REGEX  only the benchmarks whose names it finds, and the machine's floor; not with --docs
#     --docs          also writes docs/figures and what README.md has between its markers
#     --draw          measures nothing: writes table and figures anew from the results.json that is there
set -euo pipefail
typed="bash benchmarks/run.sh${*:+ $*}"
cd "$(dirname "$0")/.."
. .ci/packages.sh
usage() {
  echo "benchmarks/run.sh: $1" >&2
  echo "usage: benchmarks/run.sh [quick|full] [--filter REGEX] [--docs] [--draw]" >&2
  exit 2
}

mode='' filter='' docs='' draw=''
while [ $# -gt 0 ]; do
  case $1 in
    quick | full) [ -z "$mode" ] || usage "'$1' after '$mode': expected one of them"; mode=$1 ;;
    --filter)
      case ${2---} in --*) usage "--filter: expected a regular expression behind it" ;; esac
      filter=$2
      shift
      ;;
    --docs) docs=yes ;;
    --draw) draw=yes ;;
    -h | --help) sed -n '3,/^set/s/^# \{0,1\}//p' benchmarks/run.sh; exit 0 ;;
    *) usage "'$1': expected quick, full, --filter, --docs or --draw" ;;
  esac
  shift
done
if [ -n "$filter" ] && [ -n "$docs" ]; then usage "--docs: expected without --filter, for it shows all"; fi
mode=${mode:-quick}
out=build/benchmarks
mkdir -p $out

need_packages g++ make cmake git python3 python3-matplotlib
# Debian's matplotlib is for Debian's Python, which need not be the first in the path
for python in python3 /usr/bin/python3 none; do
  [ $python != none ] || { echo "benchmarks/run.sh: no python3 has matplotlib" >&2; exit 1; }
  if $python -c 'import matplotlib' 2>/dev/null; then break; fi
done

$python -c 'import re, sys; re.compile(sys.argv[1])' "$filter" 2>/dev/null ||
  usage "--filter $filter: expected a regular expression, as Python has them"

if [ -z "$draw" ]; then
  need_packages libbenchmark-dev libxxhash-dev libabsl-dev libmemcached-dev
  echo "== configuring and building build/bench (the first time takes some minutes)"
  cmake --preset bench >/dev/null
  cmake --build --preset bench --parallel "$(nproc)" | { grep -E '^\[100%\] Built|error' || true; }
  echo "== measuring, $mode"
  $python -B benchmarks/report/measure.py "$mode" build/bench $out/results.json --filter="$filter" --command "$typed"
elif [ ! -e $out/results.json ]; then
  usage "--draw: $out/results.json is not there; measure first"
fi
echo "== writing"
$python -B benchmarks/report/table.py $out/results.json $out/results.md
rm -f $out/*.svg $out/*.png
$python -B benchmarks/report/figures.py $out/results.json $out
if [ -n "$docs" ]; then $python -B benchmarks/report/readme.py $out/results.json $out README.md docs/figures; fi
echo "== in $out:"
ls $out
