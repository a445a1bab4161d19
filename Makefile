# Every verb of the project. `make help` lists them.
PYTHON ?= python3
DEV := .venv/dev
DEMO := .venv/demo
BENCH := .venv/bench
SOURCES := $(shell find src cpp -name '*.py' -o -name '*.pyi' -o -name '*.?pp') CMakeLists.txt pyproject.toml
CXX ?= g++
REBUILD := -Cbuild-dir=build/dev -Ceditable.rebuild=true
.DEFAULT_GOAL := help
.PHONY: help check dev demo test fast soak lint types arch cpp bench accuracy docs wheel clean

help:  ## list the verbs
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## */\1\t/' | expand -t 8

check:
	@missing=; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing="$$missing python3"; \
	$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || missing="$$missing python3-venv"; \
	$(PYTHON) -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' \
	  2>/dev/null || missing="$$missing python3-dev"; \
	command -v $(CXX) >/dev/null 2>&1 || missing="$$missing g++"; \
	if [ -n "$$missing" ]; then \
	  echo "Oddsmith needs Python >= 3.11 (venv and headers) and a C++ compiler. On Debian or Ubuntu install them with:"; \
	  echo "  apt-get install -y$$missing"; exit 1; fi

$(DEV)/.stamp: pyproject.toml CMakeLists.txt | check
	$(PYTHON) -m venv $(DEV)
	$(DEV)/bin/pip install -q --disable-pip-version-check "scikit-build-core>=0.11" "nanobind>=2.4" "cmake>=3.15" "ninja>=1.10"
	$(DEV)/bin/pip install -q --disable-pip-version-check --no-build-isolation $(REBUILD) -e '.[dev]'
	@touch $@

$(DEMO)/.stamp: $(SOURCES) | check
	$(PYTHON) -m venv $(DEMO)
	$(DEMO)/bin/pip install -q --disable-pip-version-check .
	@touch $@

$(BENCH)/.stamp: $(SOURCES) | check
	$(PYTHON) -m venv $(BENCH)
	$(BENCH)/bin/pip install -q --disable-pip-version-check '.[bench]'
	@touch $@

dev: $(DEV)/.stamp  ## an editable install in .venv/dev that rebuilds its kernels by itself

demo: $(DEMO)/.stamp  ## install into .venv/demo, then fit, predict and evaluate real data
	$(DEMO)/bin/oddsmith demo

test: lint types arch cpp  ## everything that must pass: house rules, then all tests
	$(DEV)/bin/python -m pytest -n auto

fast: dev  ## the tests that take no time, under a minute
	$(DEV)/bin/python -m pytest -n auto -m "not slow"

soak: dev  ## the long versions of the randomised tests
	ODDSMITH_SOAK=1 $(DEV)/bin/python -m pytest -n auto

lint: dev  ## ruff
	$(DEV)/bin/ruff check
	$(DEV)/bin/ruff format --check -q

types: dev  ## mypy, strict on src
	$(DEV)/bin/mypy

arch: dev  ## imports go down the floors
	$(DEV)/bin/lint-imports --no-logo

cpp: | check  ## the kernels alone, under the address and undefined-behaviour sanitisers
	@mkdir -p build
	$(CXX) -std=c++20 -O1 -g -fopenmp-simd -fsanitize=address,undefined -fno-sanitize-recover=all -DODDSMITH_NO_CLONES \
	  -Wall -Wextra -Icpp tests/cpp/test_kernels.cpp -pthread -o build/test_kernels
	build/test_kernels

bench: $(BENCH)/.stamp  ## the arena: Oddsmith beside its peers, in one run
	$(BENCH)/bin/python -m benchmarks $(PROBLEMS)

accuracy: dev  ## digits on the reference problems, beside its peers: docs/accuracy.md
	$(DEV)/bin/python docs/accuracy.py

docs: dev  ## draw the pictures of the lessons anew
	$(DEV)/bin/python docs/lessons.py

wheel: dev  ## wheel and sdist into dist/
	$(DEV)/bin/python -m build -o dist

clean:
	rm -rf build dist .venv oddsmith-demo
