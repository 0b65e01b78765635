"""What was measured as a file: CSV and Parquet of the rows, or JSON of the rows and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from ahc_stream.core.errors import InvalidValue, StorageError
from ahc_stream.core.json_text import json_text
from ahc_stream.core.spreadsheet import write_csv
from ahc_stream.pairs.measuring import Measured
from ahc_stream.pairs.summary import MetricSummary, summaries
from ahc_stream.store.atomic import written_whole

FORMATS = (".csv", ".parquet", ".json")


def check_out(path: Path) -> None:
    """Raises InvalidValue for a suffix that is not of FORMATS, and StorageError where a folder is in the file's place,
    or a file in a folder's: before anything is measured."""
    if path.suffix.lower() not in FORMATS:
        raise InvalidValue(f"a file that ends in {', '.join(FORMATS)}", str(path), "choose one of these")
    if path.is_dir():
        raise StorageError(f"a file {path}", "a folder", "name a file in it")
    above = next(folder for folder in path.absolute().parents if folder.exists())
    if not above.is_dir():
        raise StorageError(f"a folder {above}", "a file", "name another output")


def write_measured(measured: Measured, path: Path) -> None:
    """Writes a row for each frame, in the format of the suffix. Raises InvalidValue and StorageError."""
    check_out(path)
    with written_whole(path) as file:
        match path.suffix.lower():
            case ".csv":
                write_csv(measured.frames, file)
            case ".parquet":
                pq.write_table(measured.frames, file)
            case _:
                content = facts_of(measured) | {"frames": measured.frames.to_pylist()}
                file.write(f"{json_text(content)}\n".encode())


def facts_of(measured: Measured) -> dict[str, Any]:
    """All but the rows, as JSON values: how much was measured, each metric's summary by its name, notes, problems."""
    return {
        "pairs": measured.pairs,
        "frames": len(measured.frames),
        "complete": not measured.problems,
        "device": str(measured.device),
        "metrics": {each.metric.name: _values(each) for each in summaries(measured)},
        "notes": measured.notes,
        "problems": [f"{type(problem).__name__}: {problem}" for problem in measured.problems],
    }


def _values(summary: MetricSummary) -> Mapping[str, Any]:
    return {
        "mean": summary.mean,
        "min": summary.least,
        "p5": summary.p5,
        "p95": summary.p95,
        "max": summary.most,
        "worst": {"item": summary.worst_item, "frame": summary.worst_frame, "value": summary.worst},
        "infinite": summary.infinite,
        "undefined": summary.undefined,
        "unit": summary.metric.unit,
        "higher_is_better": summary.metric.higher_is_better,
    }
