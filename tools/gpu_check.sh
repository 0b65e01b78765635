#!/bin/sh
# gpu_check.sh BENCHMARK...: on a machine with an NVIDIA GPU the GPU tests, then the benchmarks; each table and JSON line
# goes under benchmarks/results/. Elsewhere one line that says there is none.
set -eu
if ! python -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    echo "gpu-check: no NVIDIA GPU here, nothing was checked"
    exit 0
fi
AHC_STREAM_REQUIRE_CUDA=1 python -m pytest
for bench in "$@"; do
    python "benchmarks/$bench.py" >"benchmarks/results/$bench-gpu.txt"
    cat "benchmarks/results/$bench-gpu.txt"
done
