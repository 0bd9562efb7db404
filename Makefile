# Yanlu's commands; `make help` lists them. Variables: PORT, DEMO=0, PYTHON, ARGS (handed on to bench and soak).

PYTHON ?= python3
PORT ?= 8000
DEMO ?= 1
JOBS ?= 2

VENV := .venv
SCRATCH := $(CURDIR)/var/check
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

# $(call step,name,command): run it, say how long it took, and give its name if it fails.
define step
@start=$$(date +%s); echo "=== $(1)"; \
if $(2); then echo "--- $(1): $$(($$(date +%s) - start)) s"; else echo "!!! failed: $(1)" >&2; exit 1; fi
endef

.PHONY: help install run test fast-checks frame-checks tests-sqlite tests-postgres soak bench format lock
.DEFAULT_GOAL := help
.NOTPARALLEL:

help: ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	    echo "!!! Yanlu needs Python 3.11 or newer; '$(PYTHON)' is not. Name another: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	    echo "!!! '$(PYTHON)' can make no virtual environment (Debian: apt install python3-venv)." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Two stamps: to run Yanlu takes less than to test it. Each is renewed when its lock file changes.
$(VENV)/installed-run: $(VENV)/bin/python requirements.lock
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(VENV)/installed-dev: $(VENV)/bin/python requirements-dev.lock
	pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@ $(VENV)/installed-run

install: $(VENV)/installed-dev ## make .venv with everything for running and testing

# --- run -----------------------------------------------------------------------------------------------

run: export YANLU_DEMO := $(if $(filter 0,$(DEMO)),0,1)
run: export YANLU_BASE_URL ?= http://127.0.0.1:$(PORT)
run: $(VENV)/installed-run ## serve Yanlu on PORT (8000), with demo data unless DEMO=0
	@python manage.py vault mode
	@python manage.py vault init
	@python manage.py migrate --verbosity 0
	@python manage.py vault keys
	@python manage.py load_reference
	@if [ "$$YANLU_DEMO" = 1 ]; then python manage.py demo; fi
	@python manage.py collectstatic --no-input --verbosity 0
	@if [ "$$YANLU_DEMO" = 0 ]; then python manage.py ready || true; fi
	@PORT=$(PORT) exec honcho --no-colour start

# --- test ----------------------------------------------------------------------------------------------

test: ## every check and test, the quick ones first
	@start=$$(date +%s); $(MAKE) --no-print-directory install fast-checks frame-checks tests-sqlite tests-postgres \
	    && echo "=== all passed in $$(($$(date +%s) - start)) s"

fast-checks: install
	$(call step,ruff,ruff check .)
	$(call step,format,ruff format --check .)
	$(call step,imports,lint-imports)
	$(call step,types,mypy)

# Production's own settings, on a scratch database: what `manage.py` says must be true before any test is.
frame-checks: export YANLU_DEMO := 0
frame-checks: export YANLU_BASE_URL := https://yanlu.example
frame-checks: export YANLU_ALLOWED_HOSTS := yanlu.example
frame-checks: export YANLU_DATA_DIR := $(SCRATCH)/var
frame-checks: export YANLU_SECRETS_DIR := $(SCRATCH)/secrets
frame-checks: export YANLU_DATABASE_URL := sqlite:///$(SCRATCH)/yanlu.sqlite3
frame-checks: export YANLU_CACHE_URL := disk://$(SCRATCH)/cache
frame-checks: install
	@rm -rf $(SCRATCH) && mkdir -p $(SCRATCH)
	$(call step,migrations are complete,python manage.py makemigrations --check --dry-run)
	$(call step,vault init,python manage.py vault init)
	$(call step,migrate,python manage.py migrate --verbosity 0)
	$(call step,purpose keys,python manage.py vault keys)
	$(call step,reference data,python manage.py load_reference)
	$(call step,deployment check,python manage.py check --deploy --fail-level WARNING)

tests-sqlite: install
	$(call step,what the browser tests need,python -m tests.machine browser)
	$(call step,tests on SQLite with suite 1,pytest -n $(JOBS) --durations 10)

tests-postgres: install
	$(call step,tests on PostgreSQL and Redis with suite 2,python -m tests.services -- pytest -n $(JOBS) --durations 10)

soak: install ## long runs with faults and load (resumable)
	python -m tests.soak $(ARGS)

bench: install ## measure the budgets
	python -m tests.bench $(ARGS)

# --- upkeep --------------------------------------------------------------------------------------------

format: install ## put the code in shape
	ruff check --fix .
	ruff format .

UV := $(VENV)/lock/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes --no-header
lock: $(VENV)/bin/python ## renew both lock files from pyproject.toml (UPGRADE=--upgrade for newer versions)
	python -m venv $(VENV)/lock && $(VENV)/lock/bin/pip install --quiet uv
	$(UV) $(UPGRADE) pyproject.toml -o requirements.lock
	$(UV) $(UPGRADE) -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock
