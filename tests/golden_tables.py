"""Small runs that hold every task, and what their tables come to: `golden/tables.json`, which a test compares with.

python -m tests.golden_tables        writes that file anew, from the real data under AHC_STREAM_PATH
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream import runs
from ahc_stream.experiment import Experiment
from ahc_stream.running import run

GOLDEN = Path(__file__).parent / "golden" / "tables.json"

RUNS: dict[str, dict[str, Any]] = {
    "kodak": {
        "codecs": ("identity", "jpeg@50", "jpeg2000@32", "av1@45", "mbt2018-mean-lite@1"),
        "metrics": ("psnr", "ssim", "ms_ssim", "vif", "mse", "mae"),
        "tasks": (),
        "limit": 1,
    },
    "mot17": {
        "codecs": ("identity", "h264@35", "ssf2020-lite@2"),
        "metrics": ("psnr",),
        "tasks": ("detection", "tracking"),
        "limit": 1,
    },
    "coco": {"codecs": ("identity", "jpeg@10"), "metrics": ("ssim",), "tasks": ("detection",), "limit": 4},
    "bsds500": {
        "codecs": ("identity", "cheng2020-anchor-lite@1"),
        "metrics": ("psnr",),
        "tasks": ("edges",),
        "limit": 1,
    },
    "imagenet-sample": {
        "codecs": ("identity", "jpeg@10"),
        "metrics": ("psnr",),
        "tasks": ("classification:model=mobilenet_v2-imagenet",),
        "limit": 6,
    },
    "us-plates": {"codecs": ("identity", "jpeg@10"), "metrics": ("mse",), "tasks": ("ocr",), "limit": 3},
    "ucf101": {"codecs": ("identity", "h265@40"), "metrics": ("psnr",), "tasks": ("video:names=ucf101",), "limit": 3},
}
"""Dataset -> the run over it. No codec of it runs on a GPU, and each is small enough for CI."""

TIMINGS = ("seconds", "_ms", "start", "lanes", "delay_frames")
"""Columns that hold such a word tell of the machine and the attempt."""

Summary = dict[str, dict[str, Any]]


def summaries(dataset: str, folder: Path) -> dict[str, Summary]:
    """Runs into `folder`: table -> column -> what it comes to."""
    for _ in run(Experiment(dataset, out=folder, device="cpu", **RUNS[dataset])):
        pass
    reader = runs.open(folder)
    return {name: summary(reader.table(name)) for name in reader.tables}


def summary(table: pa.Table) -> Summary:
    """Column -> rows, distinct values, and the mean of numbers. Timings and coded maps are left out."""
    columns = [name for name in table.column_names if not any(word in name for word in TIMINGS)]
    return {name: of_column(table[name]) for name in columns if not pa.types.is_binary(table[name].type)}


def of_column(column: pa.ChunkedArray) -> dict[str, Any]:
    """What a column comes to; of numbers that are not finite the count alone."""
    numbers = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
    if not numbers:
        return {"rows": len(column), "null": column.null_count}
    values = pc.drop_null(column).to_numpy().astype(np.float64)
    finite = values[np.isfinite(values)]
    mean = float(finite.mean()) if len(finite) else None
    return {"rows": len(column), "null": column.null_count, "finite": len(finite), "mean": mean}


def main() -> None:
    """Writes the golden file."""
    with tempfile.TemporaryDirectory() as folder:
        tables = {dataset: summaries(dataset, Path(folder, dataset)) for dataset in RUNS}
    GOLDEN.write_text(json.dumps(tables, indent=1) + "\n")


if __name__ == "__main__":
    main()
