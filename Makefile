# Each target does all that it needs, from nothing: Python 3.11 or 3.12 with its headers, a C++ compiler and make.
# A second call finds everything in place and takes seconds.

PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
    $$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
WORKERS ?= 2
BENCHES := line scaling entropy codecs metrics streams edges report

.PHONY: setup demo check test bench gpu-check clean

setup: .venv/ready

.venv/ready: pyproject.toml constraints.txt CMakeLists.txt $(wildcard kernels/*.[ch]pp kernels/*/*.[ch]pp)
	@test -n "$(PYTHON)" || { echo "needs Python 3.11 or 3.12; name one: make PYTHON=/path/to/python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { echo "needs venv: apt-get install python3-venv python3-dev"; exit 1; }
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --python $(BIN)/python --compile-bytecode -c constraints.txt --reinstall-package ahc-stream -e ".[all,dev]"
	touch $@

demo: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/demo.sh

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Files in two processes, each with all threads at times; WORKERS=0 is one process, with the output of pytest as ever.
test: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

bench: setup
	for bench in $(BENCHES); do $(BIN)/python benchmarks/$$bench.py || exit 1; done

# Needs no network and no `setup`: a Python with torch, and a folder of wheels for what it lacks (WHEELS=FOLDER).
gpu-check:
	$(PYTHON) tools/gpu_check.py $(if $(WHEELS),--wheels $(WHEELS))

clean:
	rm -rf .venv build
