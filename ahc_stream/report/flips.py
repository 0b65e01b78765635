"""Units that were right at the original and are wrong at an operating point, or the other way round."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from ahc_stream.report import paired
from ahc_stream.report.analysis import Analysis
from ahc_stream.tasks.changes import compare

FLIPS = pa.schema(
    [
        ("task", pa.string()),
        ("point", pa.string()),
        ("bpp", pa.float64()),
        ("units", pa.int64()),
        ("lost", pa.int64()),  # right at the original, wrong here
        ("won", pa.int64()),
        ("p", pa.float64()),  # McNemar's exact test
        ("p_holm", pa.float64()),  # over all rows of the task
    ]
)


def flips(analysis: Analysis) -> pa.Table:
    """FLIPS at every operating point, against the original, of the tasks whose units are right or wrong."""
    rows = [row for task in analysis.tasks for row in _flips(analysis, task)]
    return pa.Table.from_pylist(rows, schema=FLIPS)


def _flips(analysis: Analysis, task: str) -> list[dict[str, Any]]:
    if analysis.original is None or task not in analysis.original.scored:
        return []
    before = analysis.original.scored[task].outcomes
    rows: list[dict[str, Any]] = []
    for dot in analysis.dots:
        counts = {} if dot.is_original or task not in dot.scored else compare(before, dot.scored[task].outcomes)
        if counts:
            lost, won = counts["worsened"], counts["improved"]
            row = {"task": task, "point": dot.label, "bpp": dot.bpp, "units": lost + won + counts["unchanged"]}
            rows.append(row | {"lost": lost, "won": won, "p": paired.mcnemar(lost, won)})
    p_holm = paired.holm([row["p"] for row in rows])
    return [row | {"p_holm": p} for row, p in zip(rows, p_holm, strict=True)]
