# `make demo` and `make test` prepare everything they need on a fresh Linux machine:
# Python >= 3.11 is all that must be there. A second run starts in seconds.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Servers and tests start often: none of them should compile every library anew.
export PYTHONDONTWRITEBYTECODE :=
RUN_WEB := $(BIN)/python scripts/node.py npm --prefix web

# Tests that play in real time, and say when something came late: one a processor.
UNIT_TIMED := tests/levelchat/client tests/loadtest
# End-to-end tests that leave processors idle; the others decode pictures in real time.
E2E_LIGHT := $(wildcard $(foreach name,demo lifecycle private_hls relays netem wraps rooms_outages rooms_replicas,tests/e2e/test_$(name).py))

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

.PHONY: demo
demo: python web ## Broadcast a test pattern and print the URL where it plays
	@levelchat demo

.PHONY: test
test: python web browser check unit e2e ## Run the whole suite

.PHONY: check
check: python web ## Lint, types, layers
	ruff check .
	ruff format --check .
	mypy
	lint-imports
	$(RUN_WEB) run check
	$(RUN_WEB) test

.PHONY: unit
unit: python web ## Everything that needs no browser
	pytest -n 3 --dist loadfile -m 'not e2e' $(addprefix --ignore=,$(UNIT_TIMED))
	pytest -n 2 --dist loadfile -m 'not e2e' $(UNIT_TIMED)

.PHONY: e2e
e2e: python web browser ## A whole server and real browsers
	pytest -m e2e $(addprefix --ignore=,$(E2E_LIGHT))
	pytest -m e2e -n 3 --dist loadfile $(E2E_LIGHT)

.PHONY: serve
serve: python web ## Run a server on port 8080
	@levelchat serve

.PHONY: format
format: python ## Format Python and TypeScript
	ruff format .
	ruff check --fix .
	$(RUN_WEB) run format

.PHONY: docs
docs: python ## Write the reference pages of docs/ from the code
	$(BIN)/python scripts/docs.py

.PHONY: lock
lock: python ## Resolve the dependencies anew
	scripts/lock --upgrade

.PHONY: clean
clean: ## Remove everything that make made
	rm -rf $(VENV) build web/node_modules web/dist

.PHONY: python
python: build/python.stamp ## Install the locked Python packages into .venv

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

# The lock holds names, versions and hashes; this machine's own package index says where from.
build/python.stamp: uv.lock pyproject.toml | $(BIN)/uv
	@mkdir -p build
	uv export --quiet --frozen --no-emit-project --group dev --output-file build/requirements.txt
	uv pip install --quiet --python $(BIN)/python --require-hashes -r build/requirements.txt
	uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

.PHONY: web
web: web/dist/watch.html ## Build the pages

WEB_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) $(wildcard web/*.html web/*.ts)

web/dist/watch.html: build/web.stamp $(WEB_SOURCES)
	$(RUN_WEB) run --silent build
	@touch $@

build/web.stamp: web/package-lock.json web/package.json | build/python.stamp
	$(RUN_WEB) ci --silent --no-audit --no-fund
	@touch $@

.PHONY: browser
browser: python
	@$(BIN)/python scripts/browser.py
