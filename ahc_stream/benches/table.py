"""Rows of benchmarks as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from ahc_stream.benches.row import Row


def row_table(title: str, rows: Sequence[Row]) -> Table:
    """A line for each row."""
    table = Table("what", "unit", "ours", "peer", "peer is", "ratio", "goal", "met", "of bound", title=title)
    for row in rows:
        met = {True: "yes", False: "no", None: ""}[row.met]
        figures = f"{row.ours:.4g}", _text(row.peer, ".4g"), row.peer_name, _text(row.ratio, ".3g")
        table.add_row(row.name, row.unit, *figures, _goals(row), met, _text(row.bound_share, ".0%"))
    return table


def _goals(row: Row) -> str:
    """The ratio, "12", the figure itself, "= 1.5", or both."""
    target = "" if row.target is None else f"= {row.target:.3g}"
    return " ".join(filter(None, (_text(row.goal, "g"), target)))


def _text(figure: float | None, form: str) -> str:
    return "" if figure is None else format(figure, form)
