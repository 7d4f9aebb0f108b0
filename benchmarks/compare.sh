#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Says what became slower beyond noise: benchmarks/compare.sh OLD.json [NEW.json]; --help says what that means.
set -euo pipefail
exec python3 -B "$(dirname "$0")/report/compare.py" "$@"
