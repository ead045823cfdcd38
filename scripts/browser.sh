#!/usr/bin/env bash
# Finds a Chromium for the browser tests: the system's; else apt-get as root; else Playwright's own; else says how.
set -euo pipefail
cd "$(dirname "$0")/.."

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Cài Chromium bằng apt-get (một lần)"
    if apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null; then
        exit 0
    fi
fi
if .venv/bin/python -m playwright install chromium; then exit 0; fi
echo "Cần Chromium cho bài thử trình duyệt: cài gói 'chromium' rồi chạy lại make test." >&2
exit 1
