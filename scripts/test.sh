#!/usr/bin/env bash
# Runs every test on three processes (browsers wait a lot: two leave the cores idle) and holds the coverage gates; ends with pytest's own summary line.
set -euo pipefail
cd "$(dirname "$0")/.."

rm -f .coverage .coverage.*
.venv/bin/python -m pytest -n "${CHOPHIEN_TEST_PROCESSES:-3}" --dist loadgroup -q --cov --cov-report= --durations=15 "$@"
