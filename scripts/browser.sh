#!/usr/bin/env bash
# Finds a Chromium for the browser tests: the system's; else apt-get as root; else Playwright's own; else says how.
# The headless shell comes first: without a window's machinery it takes half the time.
set -euo pipefail
cd "$(dirname "$0")/.."

for name in chromium-headless-shell chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Cài Chromium bằng apt-get (một lần)"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq || true
    for package in chromium-headless-shell chromium; do
        if apt-get install -y -qq --no-install-recommends "$package" >/dev/null; then exit 0; fi
    done
fi
if .venv/bin/python -m playwright install chromium; then exit 0; fi
echo "Cần Chromium cho bài thử trình duyệt: cài gói 'chromium' rồi chạy lại make test." >&2
exit 1
