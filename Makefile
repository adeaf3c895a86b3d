# Everything from a fresh clone with Python 3.11 or newer, git and make. `make help` lists the targets.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# pytest: a file or test alone (T=tests/x.py), a marker expression (MARK="not browser"), worker processes (N=2).
T ?=
MARK ?=
N ?= 2
# A file belongs to one process; tests/conftest.py says which goes first.
SIDE_BY_SIDE = -n $(N) --dist loadfile --no-loadscope-reorder
# benchmarks: one by name (B=inbox_page), faults: one by name (F=kills), SIZE=small|full.
B ?=
F ?=
SIZE ?=

.DEFAULT_GOAL := help
.PHONY: help run test check lint bench browser faults lock setup tools format translations

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' Makefile

# Exported, not written before the command: make then starts the program itself, without a shell that would outlive a signal.
run: export ONBRAND_STOP_WITH_PARENT := 1
run: setup ## start the whole product here: database, queue, web, worker, dispatcher, sandbox platforms, demo
	@$(BIN)/onbrand run

setup: $(VENV)/run.stamp $(VENV)/front-end.stamp ## make what is missing: .venv, front-end files

tools: setup $(VENV)/dev.stamp ## and what tests and checks need

test: tools ## run the tests on real PostgreSQL and Valkey; one file: T=tests/x.py
	$(BIN)/python -m pytest $(if $(T),$(T),$(SIDE_BY_SIDE)) $(if $(MARK),-m "$(MARK)")

check: ## what has to pass: lint, then test
	$(MAKE) lint
	$(MAKE) test

lint: tools ## format, lint, types, import contracts, lock rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m agency.local.lock_rules

browser: tools ## run the tests in a real browser; fails where no Chromium is found
	ONBRAND_REQUIRE_BROWSER=1 $(BIN)/python -m pytest $$(grep -rl --include='*.py' 'mark\.browser' tests) -m browser $(SIDE_BY_SIDE)

bench: setup $(VENV)/dev.stamp ## run the benchmarks; one: B=name SIZE=small|full
	$(BIN)/python -m benchmarks $(B) $(if $(SIZE),--size $(SIZE))

faults: setup $(VENV)/dev.stamp ## publish while everything fails, judged by the ledger; one: F=name SIZE=small|full
	$(BIN)/python -m tests.faults $(F) $(if $(SIZE),--size $(SIZE))

format: $(VENV)/dev.stamp ## format the code and mend what can be mended by machine
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

translations: $(VENV)/dev.stamp ## collect the words people see into the catalogues of agency/web/translations
	$(BIN)/python -m agency.local.translations

# One resolution for Linux and macOS, Python 3.11 and newer; hashes of every file of a release, no index address.
# Locked versions stay as they are; newer ones: make lock UPGRADE=1
COMPILE = $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
	--no-emit-index-url --no-header --no-annotate $(if $(UPGRADE),--upgrade)
lock: $(VENV)/dev.stamp ## make the lock files anew from pyproject.toml and package.json; newer versions: UPGRADE=1
	$(COMPILE) --extra build --extra dev --output-file requirements-dev.lock
	$(COMPILE) --extra build --constraint requirements-dev.lock --output-file requirements.lock
	$(BIN)/uv pip compile requirements-node.in --universal --python-version 3.11 --generate-hashes --quiet \
		--no-emit-index-url --no-header --no-annotate --output-file requirements-node.lock
	$(BIN)/python -m agency.local.front_end lock
	$(BIN)/python -m agency.local.lock_rules

# --- what the targets stand on; each stamp is newer than what it was made from, so a second start is instant ---

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Onbrand needs Python 3.11 or newer and '$(PYTHON)' is not; install one and name it: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is incomplete; install it (on Debian or Ubuntu: apt-get install python3-venv) and try again." >&2; exit 1; }

# --no-build-isolation: setuptools comes from the lock as well.
$(VENV)/run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	@echo "Installing what Onbrand needs into $(VENV), about a minute"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@PYTHONWARNINGS=ignore $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements-dev.lock $(VENV)/run.stamp
	@echo "Installing what its tests and checks need"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/front-end.stamp: package.json package-lock.json requirements-node.lock $(VENV)/run.stamp
	@$(BIN)/python -m agency.local.front_end
	@touch $@
