# run, test, check, bench, install, lock: nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip --disable-pip-version-check install --quiet --constraint requirements.lock

.PHONY: run test check bench install lock

run: install ## set everything up, start the sandbox platform and the service, and show the main job end to end
	$(BIN)/adapter demo

test: $(VENV)/.test ## the whole test suite; what is compiled for it is kept, for the processes it starts and for the next time
	PYTHONDONTWRITEBYTECODE= $(BIN)/pytest --numprocesses=2 --dist=worksteal

check: $(VENV)/.test ## lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.bench ## the benchmarks, each with its ratio
	@for benchmark in benchmarks/bench_*.py; do PYTHONPATH=. $(BIN)/python $$benchmark || exit 1; done

install: $(VENV)/.run ## the set-up alone, in .venv

lock: $(VENV)/.test ## write requirements.lock anew from setup.cfg
	$(BIN)/pip --disable-pip-version-check install --quiet uv
	(echo "# Exact versions of everything installed: pip install -c requirements.lock -e . (written by make lock)"; \
	 $(BIN)/uv pip compile setup.cfg --all-extras --no-annotate --no-header --python-version 3.11) > requirements.lock.new
	mv requirements.lock.new requirements.lock

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: setup.cfg pyproject.toml requirements.lock | $(VENV)/bin/python
	@echo "Installing the pinned packages into $(VENV) (once)…"
	$(PIP) --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	$(PIP) --editable '.[test,dev]'
	@touch $@

$(VENV)/.bench: $(VENV)/.test
	$(PIP) --editable '.[bench]'
	@touch $@
