"""What every benchmark shares: the row and the clock of `ahc_stream.benches`, the table, the JSON line.

Beside another commit (`base.py`) the clock hands the turn to the other process after each round, and nothing is
recorded.
"""

from __future__ import annotations

import datetime
import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from turns import hand_over

from ahc_stream import benches
from ahc_stream.benches import Row, require, row_table
from ahc_stream.provenance import commit, hardware_text

__all__ = ["RESULTS", "Row", "median_seconds", "report", "require"]

RESULTS = Path(__file__).resolve().parent / "results"
IS_RECORDED = os.environ.get("AHC_STREAM_BENCH_RECORD", "1") != "0"
TURN = "the other process"

hand_over()  # whatever comes before the first timing, imports of the package too, is done in a turn of its own


def median_seconds(
    works: Mapping[str, Callable[[], object]],
    rounds: int,
    clock: Callable[[], float] = time.perf_counter,
    in_a_row: int = 1,
) -> dict[str, float]:
    """`ahc_stream.benches.median_seconds`; the last work of a round is to let another process have its own."""
    seconds = benches.median_seconds({**works, TURN: hand_over}, rounds, clock, in_a_row)
    del seconds[TURN]
    return seconds


def report(benchmark: str, rows: Sequence[Row]) -> None:
    """Prints the table, appends the JSON line to results/<benchmark>.jsonl, and prints it last."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    record = {"benchmark": benchmark, "date": today, "hardware": hardware_text(), "commit": commit()}
    line = json.dumps(record | {"rows": [row.as_json() for row in rows]})
    Console(width=None if sys.stdout.isatty() else 150).print(row_table(f"{benchmark} on {record['hardware']}", rows))
    if IS_RECORDED:
        RESULTS.mkdir(exist_ok=True)
        with (RESULTS / f"{benchmark}.jsonl").open("a") as file:
            file.write(line + "\n")
    print(line)
