#!/usr/bin/env bash
# Runs every test on several processes (browsers wait a lot: as many as cores leave the cores idle) and holds the
# coverage gates; ends with pytest's own summary line.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p var
# Slipcover instruments the code once: a tracer doubles the time of every test. What it warns of is the measure of
# the test files themselves, which nobody asks for.
.venv/bin/python -W "ignore:Unable to activate pytest branch coverage" -m slipcover -m pytest \
    -n "${CHOPHIEN_TEST_PROCESSES:-4}" -q --durations=15 "$@"
