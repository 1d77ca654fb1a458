# Everything here makes its own environment in .venv; only Python 3.11 or newer and make are needed.
#   make demo     explain a recording and draw the picture (AUDIO=my.wav for your own)
#   make test     every check and every test
#   make check    style and types only
#   make clean    remove what was made

PYTHON ?= $(firstword $(foreach name,python3 python3.14 python3.13 python3.12 python3.11 python,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))
VENV := .venv
BIN := $(VENV)/bin
CHECKED := src tests $(wildcard benchmarks)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

export AUDIO

.PHONY: help demo test check clean
.DELETE_ON_ERROR:

help:
	@sed -n 's/^#   //p' Makefile

demo: $(VENV)/installed
	@$(BIN)/python -m tonelens.cli.demo $${AUDIO:+"$$AUDIO"}

# One thread for each test process: two of them share the cores already.
test: check
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest --numprocesses 2

check: $(VENV)/installed-test
	@$(BIN)/ruff check --quiet $(CHECKED)
	@$(BIN)/ruff format --check --quiet $(CHECKED)
	@$(BIN)/mypy --no-error-summary

clean:
	rm -rf $(VENV) build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis src/*.egg-info
	find src tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Tonelens needs Python 3.11 or newer; none was found. Set PYTHON=..." >&2; exit 2; }
	@echo "Making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Tonelens (minutes the first time, most of them for torch)"
	@$(INSTALL) --editable .
	@touch $@

$(VENV)/installed-test: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing Tonelens and what its tests need (minutes the first time)"
	@$(INSTALL) --editable '.[test,reference]'
	@touch $@ $(VENV)/installed
