# `make demo` and `make test` prepare everything they need on a fresh Linux machine.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
NODE_BIN := $(VENV)/node
export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'

# The lock holds names, versions and hashes; this machine's own package index says where from.
build/python.stamp: uv.lock pyproject.toml | $(BIN)/uv
	mkdir -p build
	$(BIN)/uv export --quiet --frozen --no-emit-project --group dev --output-file build/requirements.txt
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes build/requirements.txt
	$(BIN)/python -m ensurepip --upgrade >/dev/null
	$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9' 'setuptools>=80'
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-build-isolation --no-deps --editable .
	touch $@

.PHONY: python
python: build/python.stamp ## Install the locked Python packages into .venv
