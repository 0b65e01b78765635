"""The numbers of a report as tables: Arrow, Parquet, CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ahc_stream.core.spreadsheet import write_csv
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.change import Change
from ahc_stream.report.dot import Dot
from ahc_stream.report.metric_mean import infinite_left_out, undefined_column
from ahc_stream.report.points import table_of
from ahc_stream.report.quantity import RATES
from ahc_stream.report.resample import interval
from ahc_stream.store.atomic import written_whole
from ahc_stream.store.folders import Folder
from ahc_stream.tables import POINT

VALUES = pa.schema(
    [
        *POINT,
        ("point", pa.string()),  # its short name, "h264@38"
        ("bpp", pa.float64()),
        ("family", pa.string()),  # "rate", "metric" or the task
        ("quantity", pa.string()),  # as `operating_points` names the column
        ("unit", pa.string()),
        ("higher_is_better", pa.bool_()),
        ("reference", pa.string()),  # what a task is scored against: "labels" or "original"
        ("items", pa.int64()),  # images or sequences that the value rests on
        ("undefined", pa.int64()),  # frames that the mean of a metric leaves out; null of a rate and of scores
        ("infinite", pa.int64()),
        ("value", pa.float64()),
        ("low", pa.float64()),  # bootstrap interval, null where there is none
        ("high", pa.float64()),
        ("change", pa.float64()),  # against the original, over the items that both have
        ("change_low", pa.float64()),
        ("change_high", pa.float64()),
        ("p", pa.float64()),
        ("p_holm", pa.float64()),  # over all changes of the task
    ]
)
"""One row per operating point and quantity; the quantity "bpp" is the rate itself, with its interval, and so are
"bpp_stills" and "bpp_video" of a run of both."""


def values(analysis: Analysis) -> pa.Table:
    """VALUES of a run; no rows where it has none."""
    rows = [row for dot in analysis.dots for row in _rows(analysis, dot)]
    return pa.Table.from_pylist(rows, schema=VALUES)


def points_table(analysis: Analysis) -> pa.Table:
    """A row per operating point, as `operating_points` has it: rates, means, speeds, delays, scores."""
    return table_of([dot.row for dot in analysis.dots])


def _rows(analysis: Analysis, dot: Dot) -> Iterator[dict[str, Any]]:
    for quantity in (*RATES.values(), *analysis.quantities):
        estimate = dot.estimates.get(quantity.name)
        if estimate is None:
            continue
        low, high = interval(estimate.value, estimate.replicates, analysis.settings.level)
        scored = dot.scored.get(quantity.family)
        row = dict(dot.point) | _change_columns(dot.changes.get(quantity.name))
        yield row | {
            "point": dot.label,
            "bpp": dot.bpp,
            "family": quantity.family,
            "quantity": quantity.name,
            "unit": quantity.unit,
            "higher_is_better": quantity.higher_is_better,
            "reference": scored.reference if scored else None,
            "items": estimate.items,
            "undefined": dot.row[undefined_column(quantity.name)] if quantity.is_metric else None,
            "infinite": infinite_left_out(dot.row, quantity.name) if quantity.is_metric else None,
            "value": estimate.value,
            "low": low,
            "high": high,
        }


def _change_columns(change: Change | None) -> dict[str, float | None]:
    if change is None:
        return {}
    return {
        "change": change.value,
        "change_low": change.low,
        "change_high": change.high,
        "p": change.p,
        "p_holm": change.p_holm,
    }


def write_tables(tables: Mapping[str, pa.Table], folder: Folder) -> list[Folder]:
    """Each table as NAME.parquet and NAME.csv under `folder`. Raises StorageError."""
    paths: list[Folder] = []
    for name, table in tables.items():
        for path, write in ((folder / f"{name}.parquet", pq.write_table), (folder / f"{name}.csv", write_csv)):
            with written_whole(path, durable=False) as file:
                write(table, file)
            paths.append(path)
    return paths
