#!/usr/bin/env bash
# Makes .venv from the lock. An interrupted run leaves no stamp, so the next one begins again.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
if ! "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Cần Python 3.11 trở lên, có venv (Debian: apt-get install python3 python3-venv)." >&2
    exit 1
fi

if [ -d .venv ] && [ ! -f .venv/.ready ]; then
    echo "[1/3] Lần trước dở dang, làm lại từ đầu"
    rm -rf .venv
fi
rm -f .venv/.ready
[ -x .venv/bin/python ] || { echo "[1/3] Tạo .venv"; "$python" -m venv .venv; }
echo "[2/3] Cài thư viện đã khoá (một lần, chừng một phút)"
# --no-deps: the lock is whole. --no-compile: most of what is here is never imported; what is compiles itself, once.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes \
    -r requirements.lock
echo "[3/3] Cài chophien"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index --no-build-isolation --no-deps -e .
.venv/bin/python -m pip check --disable-pip-version-check
touch .venv/.ready
