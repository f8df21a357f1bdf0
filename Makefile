# `make check` is what CI runs. PYTHON names another interpreter: make check PYTHON=.venv/bin/python
PYTHON ?= python

.PHONY: check lint types test versions bench

check: lint types test

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

test:
	$(PYTHON) -m pytest

versions:  ## the same loading script on datasets 3.6, 4.0 and 5.2
	scripts/every_datasets_version.sh

bench:
	$(PYTHON) benchmarks/build.py
	$(PYTHON) benchmarks/build.py --memory
