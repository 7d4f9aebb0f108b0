#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Says what became slower beyond noise: benchmarks/compare.sh OLD.json [NEW.json]; --help says what that means.
set -euo pipefail
cd_to=$(cd "$(dirname "$0")/.." && pwd)
exec python3 -B "$cd_to/benchmarks/report/compare.py" "$@"
