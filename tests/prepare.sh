#!/bin/sh
# Brings what the browser, workbook and web server tests need where the user may install it; says plainly what will be skipped where not.
set -eu
browser() { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }
office() { command -v soffice >/dev/null 2>&1 || command -v libreoffice >/dev/null 2>&1; }
server() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }
wanted=""
browser || wanted="chromium fonts-noto-cjk"
office || wanted="$wanted libreoffice-calc-nogui"
server nginx || wanted="$wanted nginx-light"
server caddy || wanted="$wanted caddy"
if [ -z "$wanted" ]; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing for the tests: $wanted …"
  # shellcheck disable=SC2086 # several packages
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $wanted >/dev/null ||
    echo "the packages could not be installed"
fi
browser || echo "chromium was not found and may not be installed here: the browser tests will be skipped"
office || echo "LibreOffice was not found and may not be installed here: its recomputing of the workbooks will be skipped"
server nginx && server caddy || echo "nginx or Caddy was not found and may not be installed here: the lines of docs/running.md for it will not be tried"
