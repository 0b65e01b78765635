# Each target does all that it needs, from nothing: Python 3.11 or 3.12 with its headers, a C++ compiler and make.
# A second call finds everything in place and takes seconds.

PYTHON ?= $(shell for p in python3 python3.12 python3.11; do \
    $$p -c 'import sys; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2
# How setup resolves versions: the tested set, unless asked otherwise.
RESOLVE := -c constraints.txt
BENCHES := line scaling entropy codecs metrics streams edges report

.PHONY: setup demo check test test-lowest bench gpu-check fuzz results-page third-party wheel-check wheels sbom audit docs release clean

setup: $(VENV)/ready

$(VENV)/ready: pyproject.toml constraints.txt CMakeLists.txt $(wildcard kernels/*.[ch]pp kernels/*/*.[ch]pp) | $(BIN)/uv
	$(BIN)/uv pip install --python $(BIN)/python --compile-bytecode $(RESOLVE) --reinstall-package ahc-stream -e ".[all,dev]"
	touch $@

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "needs Python 3.11 or 3.12; name one: make PYTHON=/path/to/python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "needs venv: apt-get install python3-venv python3-dev"; exit 1; }
	$(BIN)/python -m pip install --quiet uv

demo: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" sh tools/demo.sh

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Files in two processes, each with all threads at times; WORKERS=0 is one process, with the output of pytest as ever.
test: setup
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

# The oldest versions that pyproject.toml allows of what it names, in an environment of their own.
test-lowest:
	$(MAKE) test VENV=.venv-lowest RESOLVE="--resolution lowest-direct"

# Damaged files and drawn strings; AHC_STREAM_FUZZ_IMAGES, _VIDEOS, _AHC and _RANS say how many.
fuzz: setup
	$(BIN)/python -m pytest --timeout=7200 tests/sources/test_fuzz.py tests/container/test_crafted_ahc.py \
	    tests/datasets/test_fuzzed_labels.py tests/kernels/test_rans_fuzz.py

bench: setup
	for bench in $(BENCHES); do $(BIN)/python benchmarks/$$bench.py || exit 1; done
	$(BIN)/python tools/results_page.py

# The page of the documentation with every recorded row.
results-page: setup
	$(BIN)/python tools/results_page.py

# Needs no network and no `setup`: a Python with torch, and a folder of wheels for what it lacks (WHEELS=FOLDER).
gpu-check:
	$(PYTHON) tools/gpu_check.py $(if $(WHEELS),--wheels $(WHEELS))

third-party: setup
	$(BIN)/python tools/third_party.py

# Both archives, and the wheel in an empty environment without a compiler, which stays for the next two.
wheel-check: $(BIN)/uv
	$(BIN)/python tools/wheel_check.py --keep

# For Linux on x86-64 and ARM, as pyproject.toml says under tool.cibuildwheel; needs docker.
wheels: $(BIN)/uv
	$(BIN)/uv tool run cibuildwheel --output-dir dist/wheels

sbom: wheel-check
	$(BIN)/uv tool run --from cyclonedx-bom cyclonedx-py environment --output-reproducible -o build/sbom.cdx.json build/wheel-check/environment

audit: wheel-check
	$(BIN)/uv tool run pip-audit --path build/wheel-check/environment/lib/python*/site-packages

# The pages as a site, in build/docs; an environment of its own, for no package of ours is imported.
docs: $(BIN)/uv
	@test -x .venv-docs/bin/python || $(BIN)/uv venv --quiet .venv-docs
	$(BIN)/uv pip install --quiet --python .venv-docs/bin/python -c constraints.txt --group docs
	NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet

# VERSION=0.1.0: checks, builds, checks again and tags; pushes and uploads nothing.
release: setup
	$(BIN)/python tools/release.py "$(VERSION)"

clean:
	rm -rf .venv .venv-lowest .venv-docs build dist
