# `make help` lists what there is. The only things needed beforehand: Python >= 3.11, make, and access to PyPI.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

export SL_ROOT ?= $(CURDIR)
# Without compiled files every process that a test starts would compile the package again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  \033[1m%-10s\033[0m %s\n", $$1, $$2}'

.PHONY: run
run: $(READY) datasets/.landed ## Load the bundled bakery and build its transforms; again: finds nothing new
	@$(BIN)/sl-assets run

.PHONY: dev
dev: $(READY) datasets/.landed ## The Dagster UI with its daemon, on http://localhost:3000
	@$(BIN)/sl-assets dev

.PHONY: test
# On two cores a third process works while the tests of the UI wait for the daemon's clock.
test: lint ## Everything CI does: lint, types, layer rules, all tests with coverage
	$(BIN)/pytest --numprocesses 3 --dist loadgroup --cov --cov-report=term --cov-fail-under=90

.PHONY: check
check: lint ## The quick loop: lint, types, layer rules, the quick tests
	$(BIN)/pytest --numprocesses 2 --dist worksteal --hypothesis-profile quick -m "not slow"

.PHONY: lint
lint: $(READY) ## Lint, format, types, layer rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

.PHONY: format
format: $(READY) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

.PHONY: lock
lock: $(READY) ## Resolve requirements.lock anew (exact versions, hashes, no index)
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-strip-extras --no-header \
		--group dev pyproject.toml --output-file requirements.lock --python-version 3.11 --upgrade

.PHONY: clean
clean: ## Forget the warehouse, the loaded files and Dagster's history
	rm -rf datasets .dagster

# The bundled input arrives once; the files leave the landing area when they are loaded.
datasets/.landed:
	@mkdir -p datasets/incoming
	@cp -Rp sample-data/incoming/. datasets/incoming/
	@touch $@

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "sl-assets needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Hint: make PYTHON=python3.12 ...")'
	@echo "Installing the locked dependencies into $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
