#!/usr/bin/env bash
# Runs every test on several processes (browsers wait a lot: as many as cores leave the cores idle) and holds the
# coverage gates; ends with pytest's own summary line.
set -euo pipefail
cd "$(dirname "$0")/.."

# Databases are made, copied and thrown away by the dozen: in memory that is a tenth of the work of a disk. Only where
# there is plenty of it, and where programs may run from it.
in_memory() {
    local folder=/dev/shm kilobytes=$((6 * 1024 * 1024)) probe
    [ -z "${TMPDIR:-}" ] && [ -d "$folder" ] && [ -w "$folder" ] || return 1
    [ "$(df --output=avail "$folder" | tail -1)" -ge "$kilobytes" ] || return 1
    [ "$(awk '/^MemAvailable:/ {print $2}' /proc/meminfo)" -ge $((2 * kilobytes)) ] || return 1
    made=$(mktemp -d "$folder/chophien.XXXXXX")
    chmod 711 "$made"
    trap 'rm -rf "$made"' EXIT
    probe=$made/probe
    printf '#!/bin/sh\n' >"$probe"
    chmod +x "$probe"
    "$probe" || return 1
    rm "$probe"
}
if in_memory; then
    export TMPDIR=$made CHOPHIEN_TEST_POSTGRES=$made/postgres
fi

mkdir -p var
# Slipcover instruments the code once: a tracer doubles the time of every test. What it warns of is the measure of
# the test files themselves, which nobody asks for.
.venv/bin/python -W "ignore:Unable to activate pytest branch coverage" -m slipcover -m pytest \
    -n "${CHOPHIEN_TEST_PROCESSES:-4}" -q --durations=15 "$@"
