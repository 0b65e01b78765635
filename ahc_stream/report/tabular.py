"""The numbers of a report as tables: Arrow, Parquet, CSV, LaTeX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from ahc_stream.report.analysis import Analysis, Change, Dot
from ahc_stream.report.findings import excludes_zero, in_points
from ahc_stream.report.points import table_of
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.resample import interval
from ahc_stream.store.atomic import written_whole
from ahc_stream.tables import POINT

VALUES = pa.schema(
    [
        *POINT,
        ("point", pa.string()),  # its short name, "h264@38"
        ("bpp", pa.float64()),
        ("family", pa.string()),  # "metric" or the task
        ("quantity", pa.string()),  # as `operating_points` names the column
        ("unit", pa.string()),
        ("higher_is_better", pa.bool_()),
        ("reference", pa.string()),  # what a task is scored against: "labels" or "original"
        ("items", pa.int64()),  # images or sequences that the value rests on
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
"""One row per operating point and quantity; the quantity "bpp" is the rate itself, with its interval."""

RATE = Quantity("bpp", "bpp", "bits per pixel", "rate", None, True)


def values(analysis: Analysis) -> pa.Table:
    """VALUES of a run; no rows where it has none."""
    rows = [row for dot in analysis.dots for row in _rows(analysis, dot)]
    return pa.Table.from_pylist(rows, schema=VALUES)


def points_table(analysis: Analysis) -> pa.Table:
    """A row per operating point, as `operating_points` has it: rates, means, speeds, delays, scores."""
    return table_of([dict(dot.row) for dot in analysis.dots])


def _rows(analysis: Analysis, dot: Dot) -> Iterator[dict[str, Any]]:
    for quantity in (RATE, *analysis.quantities):
        if quantity.name not in dot.estimates:
            continue
        found = dot.estimates[quantity.name]
        low, high = interval(found.value, found.replicates, analysis.settings.level)
        scored = dot.scored.get(quantity.family)
        yield (
            dict(dot.point)
            | _change(dot.changes.get(quantity.name))
            | {
                "point": dot.label,
                "bpp": dot.row["bpp"],
                "family": quantity.family,
                "quantity": quantity.name,
                "unit": quantity.unit,
                "higher_is_better": quantity.higher_is_better,
                "reference": scored.reference if scored else None,
                "items": found.items,
                "value": found.value,
                "low": low,
                "high": high,
            }
        )


def _change(change: Change | None) -> Mapping[str, float | None]:
    if change is None:
        return {}
    return {
        "change": change.value,
        "change_low": change.low,
        "change_high": change.high,
        "p": change.p,
        "p_holm": change.p_holm,
    }


def write_tables(tables: Mapping[str, pa.Table], folder: Path) -> list[Path]:
    """Each table as NAME.parquet and NAME.csv under `folder`. Raises StorageError."""
    paths = []
    for name, table in tables.items():
        for path, write in ((folder / f"{name}.parquet", pq.write_table), (folder / f"{name}.csv", pa.csv.write_csv)):
            with written_whole(path, durable=False) as file:
                write(table, file)
            paths.append(path)
    return paths


def latex(analysis: Analysis) -> str:
    """A booktabs table: operating points down, bpp, metrics and headline scores across, each with its interval and a
    star where a change is sure (see `findings.excludes_zero`). Scores that are shares are in hundredths."""
    shown = [each for each in analysis.quantities if each.headline]
    level = f"{analysis.settings.level * 100:g}"
    lines = [
        (
            f"% {level} % bootstrap intervals over {analysis.items} items, {analysis.settings.resamples} draws, "
            f"seed {analysis.settings.seed}; *: change against the original, Holm-corrected. Needs booktabs."
        ),
        rf"\begin{{tabular}}{{l{'r' * (1 + len(shown))}}}",
        r"\toprule",
        " & ".join(["point", "bpp", *(_heading(analysis, each) for each in shown)]) + r" \\",
        r"\midrule",
        *(
            " & ".join([_escaped(dot.label), f"{dot.row['bpp']:.3f}", *(_cell(analysis, dot, each) for each in shown)])
            + r" \\"
            for dot in analysis.dots
        ),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _heading(analysis: Analysis, quantity: Quantity) -> str:
    unit = quantity.unit or (r"\%" if quantity.family != "metric" and in_points(analysis, quantity)[0] == 100 else "")
    return _escaped(quantity.label) + (f" [{unit if unit.startswith(chr(92)) else _escaped(unit)}]" if unit else "")


def _cell(analysis: Analysis, dot: Dot, quantity: Quantity) -> str:
    found = dot.estimates.get(quantity.name)
    if found is None or found.value is None:
        return "--"
    if found.value == float("inf"):
        return r"$\infty$"
    scale = in_points(analysis, quantity)[0] if quantity.family != "metric" else 1.0
    digits = 1 if scale == 100 else 2 if abs(found.value) >= 10 else 4
    low, high = interval(found.value, found.replicates, analysis.settings.level)
    spread = "" if low is None else rf" {{\scriptsize [{scale * low:.{digits}f}, {scale * high:.{digits}f}]}}"
    change = dot.changes.get(quantity.name)
    star = "$^*$" if change and excludes_zero(change, analysis.settings.level) else ""
    return f"{scale * found.value:.{digits}f}{star}{spread}"


def _escaped(text: str) -> str:
    """Text that LaTeX shows as it is."""
    for special in ("&", "%", "$", "#", "_", "{", "}"):
        text = text.replace(special, "\\" + special)
    return text.replace("~", r"\textasciitilde{}").replace("^", r"\textasciicircum{}")
