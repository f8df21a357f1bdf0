# `make check` is what CI runs. PYTHON names another interpreter: make check PYTHON=.venv/bin/python
PYTHON ?= python
FULL ?= /tmp/okinst-stand-in
MIRROR ?= ../shared/mirror

.PHONY: check lint types test test-all versions bench bench-mixing bench-mixtures bench-contamination bench-duplicates bench-embedded bench-generate

check: lint types test

lint:
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .

types:
	$(PYTHON) -m mypy

test:
	$(PYTHON) -m pytest

test-all:  ## the slow tests, too: two nodes of Ray, many kills, the benchmarks' own tests
	$(PYTHON) -m pytest -m "not network"

versions:  ## the same loading script on datasets 3.6, 4.0 and 5.2
	scripts/every_datasets_version.sh

bench:
	$(PYTHON) benchmarks/build.py
	$(PYTHON) benchmarks/build.py --memory
	$(PYTHON) benchmarks/filters.py

bench-contamination:  ## planted evaluation prompts in real rows, which MIRROR holds
	$(PYTHON) benchmarks/contamination.py --mirror $(MIRROR)

bench-duplicates:  ## planted near-duplicates in real rows
	$(PYTHON) benchmarks/duplicates.py
	$(PYTHON) benchmarks/duplicates.py --speed

bench-embedded:  ## Kiwi and the n-gram model: speed, and sound text beside spoilt text
	$(PYTHON) benchmarks/embedded.py --mirror $(MIRROR)

bench-generate:  ## requests a second at concurrency 32, beside one after the other
	$(PYTHON) benchmarks/generate.py

bench-mixing:  ## ten prepared sources mixed, beside plain datasets; the first row of a cached mixture; memory
	$(PYTHON) benchmarks/mixing.py
	$(PYTHON) benchmarks/mixing.py --memory

bench-mixtures:  ## both published mixtures at full size: 1.8 GB of stand-in files in FULL, and as much again for the cache
	$(PYTHON) benchmarks/stand_in_mirror.py --to $(FULL) --build --repeats 3
