# Two commands for a stranger: `make demo` and `make test`. Both need Python 3.11 or newer, a C library and a
# network that reaches a package index; everything else they install into $(VENV), from locked hashes.
# `make help` lists the rest.

VENV   ?= .venv
BIN    := $(VENV)/bin
# The first interpreter of these that is there and new enough. Set PYTHON to choose another.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null && echo $$p && break; done)
UV     := uv==0.13.9

# Wheels only: a machine without a compiler gets a clear "no matching distribution", never a failing build.
PIP    := $(BIN)/python -m pip --disable-pip-version-check --no-input
PIP_INSTALL := $(PIP) install $(if $(CI),--quiet) --only-binary :all: --require-hashes

# One universal resolution for every platform and every Python we support; no index is named in the result.
COMPILE := $(BIN)/.lock-tools/bin/uv pip compile pyproject.toml --no-config --quiet --all-extras --universal \
	--python-version 3.11 --fork-strategy fewest --generate-hashes --annotation-style line --no-header \
	--no-emit-index-url --no-emit-find-links $(if $(UPGRADE),--upgrade)
LOCK_NOTE := \# Written by `make lock` from pyproject.toml; do not edit. Installed with pip --require-hashes.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo test check format-check lint types contracts format install install-dev lock clean bench-runtime bench-terminal crash crash-ingest bench-ledger bench-rollout generate bench-nights

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1|\2/' \
		| awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

demo: install ## Install what is needed and run the whole loop (YES=1 approves by itself, ARGS="..." goes to `strop demo`)
	$(BIN)/strop demo $(if $(YES),--yes) $(ARGS)

test: install-dev ## Install what is needed and run the tests (ARGS="..." goes to pytest; ARGS="-n 0" runs one at a time)
	$(BIN)/python -m pytest -n auto $(ARGS)

check: format-check lint types contracts test ## All that CI runs: format, lint, types, import contracts, tests

format-check: install-dev ## Is every file formatted?
	$(BIN)/ruff format --check .

lint: install-dev ## Ruff's rules
	$(BIN)/ruff check .

types: install-dev ## mypy, strict
	$(BIN)/mypy

contracts: install-dev ## Which room may import what (import-linter)
	$(BIN)/lint-imports

RUNS ?= 1000
bench-ledger: install-dev ## What the ledger costs and how fast it answers (RUNS=10000; FOLDER=generated only reads it); last line is JSON
	$(BIN)/python -m benchmarks.ledger $(FOLDER) --runs $(RUNS)

generate: install-dev ## A workspace with many made-up runs on record (RUNS=1000000 FOLDER=generated)
	$(BIN)/python -m benchmarks.generate --runs $(RUNS) --steps 10000 --bytes 10000000 $(or $(FOLDER),generated)

format: install-dev ## Format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(VENV)/.runtime $(VENV)/.strop ## Install Strop and all it needs to run into .venv

install-dev: $(VENV)/.dev $(VENV)/.strop ## ... and all it needs to be tested

lock: $(BIN)/.lock-tools/bin/uv ## Resolve pyproject.toml again into requirements/*.lock (UPGRADE=1 takes newer releases)
	$(COMPILE) --group build --output-file requirements/runtime.lock
	$(COMPILE) --group dev --constraint requirements/runtime.lock --output-file requirements/dev.lock
	sed -i -e '1{/^# Written/d}' requirements/runtime.lock requirements/dev.lock
	sed -i -e '1i $(LOCK_NOTE)' requirements/runtime.lock requirements/dev.lock

bench-runtime: install-dev ## What a durable run costs, beside bare pydantic-ai and DBOS (ARGS="cpu served --runs 30"); last line is JSON
	$(BIN)/python -m benchmarks.runtime $(ARGS)

bench-nights: install-dev ## What a night proves, on recorded and planted runs (SCALE=0.1 for a glance; MODEL=local:… measures that one for hours, and goes on after a stop); last line is JSON
	$(if $(MODEL),$(BIN)/python -m benchmarks.nights.embedded --model $(MODEL) $(ARGS),$(BIN)/python -m benchmarks.nights --scale $(or $(SCALE),1) $(PARTS))

bench-rollout: install-dev ## What choosing costs, how fast a decision reaches workers, how often a canary errs (CANARIES=1000 PARTS="canaries")
	$(BIN)/python -m benchmarks.rollout --canaries $(or $(CANARIES),1000) $(PARTS)

bench-terminal: install-dev ## What the terminal's keys cost, in CPU and bytes (RUNS=1000000, or ARGS="--folder DIR"); last line is JSON
	$(BIN)/python -m benchmarks.terminal --runs $(RUNS) $(ARGS)

crash-ingest: install-dev ## Kill a service that takes spans (N=100 kills): is every answered span there? Last line is JSON
	$(BIN)/python -m tests.crash.ingest $(or $(N),100)

crash: install-dev ## Kill workers at random moments under load (N=200 kills); last line is JSON
	$(BIN)/python -m tests.crash.storm $(or $(N),200)

clean: ## Remove the environment and every cache (never a workspace)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# pip is the last thing `python -m venv` puts there, so a venv that was interrupted is made again.
$(BIN)/pip:
	@test -n "$(PYTHON)" || { echo "Strop needs Python 3.11, 3.12, 3.13 or 3.14 and found none. Set PYTHON=/path/to/python." >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)

# The stamps are written last: an interrupted install is done again. dev.lock holds all of runtime.lock, at the
# same versions (tests/test_readme.py), so the two may share one environment in either order.
$(VENV)/.runtime: requirements/runtime.lock | $(BIN)/pip
	@echo "Installing the locked packages into $(VENV): about 200 MB, one to three minutes."
	$(PIP_INSTALL) -r $< -c $<
	@touch $@

$(VENV)/.dev: requirements/dev.lock | $(BIN)/pip
	@echo "Installing the locked packages into $(VENV): about 200 MB, one to three minutes."
	$(PIP_INSTALL) -r $< -c $<
	@touch $@ $(VENV)/.runtime

# The build backend is among the locked packages, so this fetches nothing. Order-only: after the packages, and
# again only when pyproject.toml changes (entry points).
$(VENV)/.strop: pyproject.toml | $(BIN)/pip
	@test -e $(VENV)/.runtime -o -e $(VENV)/.dev || $(MAKE) --no-print-directory $(VENV)/.runtime
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/.lock-tools/bin/uv: | $(BIN)/pip
	$(PYTHON) -m venv $(BIN)/.lock-tools
	$(BIN)/.lock-tools/bin/pip --disable-pip-version-check install --quiet $(UV)
