# Everything a newcomer needs: `make demo` to look, `make test` to trust, `make bench` to measure.
# Needs Python 3.11 or newer, make, and a package registry that pip can reach.
PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin
export UV_PROJECT_ENVIRONMENT := $(VENV)

.PHONY: demo up test lint types contracts unit wheel bench torture sbom audit clean

demo: $(VENV)/.installed
	$(RUN)/jieyue demo

up: $(VENV)/.installed
	$(RUN)/jieyue up

test: $(VENV)/.installed-dev
	sh tests/prepare.sh
	$(MAKE) --no-print-directory lint types contracts unit wheel

lint: $(VENV)/.installed-dev
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(RUN)/mypy

contracts: $(VENV)/.installed-dev
	$(RUN)/lint-imports

unit: $(VENV)/.installed-dev
	$(RUN)/python -m pytest -n 2 --dist loadfile $(PYTEST_ARGS)

wheel: $(VENV)/.installed-dev
	sh tests/wheel.sh

# The large counts of docs/guarantees.md: a thousand killed imports, a hundred killed schedulers, two hundred damaged databases, a hundred
# killed upgrades … One file at a time to a worker; takes about an hour.
torture: $(VENV)/.installed-dev
	JIEYUE_KILLS=493 JIEYUE_SCHEDULER_KILLS=50 JIEYUE_DAMAGES=200 JIEYUE_UPGRADE_KILLS=50 \
		$(RUN)/python -m pytest -q -n 2 --dist loadfile tests/durability
	JIEYUE_FUZZ=100000 JIEYUE_BODIES=10000 $(RUN)/python -m pytest -q -n 2 --dist loadfile tests/hostile/test_fuzz.py tests/hostile/test_requests.py

bench: $(VENV)/.installed-dev
	$(RUN)/python -m bench $(BENCH_ARGS)

# Every package of an installation with version and hash, in CycloneDX 1.5.
sbom: $(VENV)/bin/uv
	@mkdir -p dist
	$(RUN)/uv export --quiet --frozen --no-dev --preview-features sbom-export --format cyclonedx1.5 --output-file dist/jieyue.cdx.json >/dev/null
	@echo dist/jieyue.cdx.json

# Known weaknesses of what uv.lock pins; asks a database on the internet (osv.dev).
audit: $(VENV)/bin/uv
	$(RUN)/uv audit --frozen

# uv installs exactly what uv.lock pins; it is itself installed into the environment, nothing is touched outside it.
$(VENV)/bin/uv:
	$(PYTHON) -c 'import sys; sys.exit("Jieyue needs Python 3.11 or newer · 需要 Python 3.11 以上版本") if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(RUN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.8"

$(VENV)/.installed: $(VENV)/bin/uv uv.lock pyproject.toml
	$(RUN)/uv sync --quiet --frozen --no-dev --inexact
	@touch $@

$(VENV)/.installed-dev: $(VENV)/bin/uv uv.lock pyproject.toml
	$(RUN)/uv sync --quiet --frozen --inexact
	@touch $@ $(VENV)/.installed

clean:
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
