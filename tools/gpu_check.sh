#!/bin/sh
# On a machine with an NVIDIA GPU: the GPU tests, then the benchmarks, their tables and JSON under benchmarks/results/.
set -eu
if ! python -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    echo "gpu-check: no NVIDIA GPU here, nothing was checked"
    exit 0
fi
AHC_STREAM_REQUIRE_CUDA=1 python -m pytest
for bench in benchmarks/[a-z]*.py; do
    case $bench in */harness.py) continue ;; esac
    python "$bench" | tee "benchmarks/results/$(basename "$bench" .py)-gpu.txt"
done
