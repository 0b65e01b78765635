"""What every benchmark shares: the row and the clock of `ahc_stream.benches`, the table, the JSON line."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ahc_stream.benches import Row, median_seconds, require, row_table
from ahc_stream.provenance import commit, hardware_text

__all__ = ["RESULTS", "Row", "median_seconds", "report", "require"]

RESULTS = Path(__file__).resolve().parent / "results"


def report(benchmark: str, rows: Sequence[Row]) -> None:
    """Prints the table, appends the JSON line to results/<benchmark>.jsonl, and prints it last."""
    record = {"benchmark": benchmark, "hardware": hardware_text(), "commit": commit()}
    line = json.dumps(record | {"rows": [row.as_json() for row in rows]})
    Console(width=None if sys.stdout.isatty() else 150).print(row_table(f"{benchmark} on {record['hardware']}", rows))
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / f"{benchmark}.jsonl").open("a") as file:
        file.write(line + "\n")
    print(line)
