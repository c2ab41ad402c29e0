#!/bin/sh
# Installs Jieyue from its sources into a fresh virtual environment, with exactly the packages that uv.lock pins.
# Used by the Dockerfile and, in a clean folder, by the tests: install.sh SOURCES ENVIRONMENT [UV]
set -eu
sources=$1 environment=$2 uv=${3:-uv}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
"$uv" build --quiet --wheel --out-dir "$work/dist" "$sources"
(cd "$sources" && "$uv" export --quiet --frozen --no-dev --no-emit-project --format requirements-txt >"$work/pinned.txt")
VIRTUAL_ENV="$environment" "$uv" pip install --quiet --requirement "$work/pinned.txt" "$work"/dist/*.whl
