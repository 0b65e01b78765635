"""The operating points as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ahc_stream import runs
from ahc_stream.core.text_table import print_numbers
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.point_tables import KEYS, PointTables, point_tables
from ahc_stream.report.points import order_of, point_rows


def print_report(folder: Path, console: Console, reference: str = "auto") -> None:
    """Prints the tables per operating point, the options of each codec, what tasks are scored against, what failed."""
    run = runs.open(folder)
    _print(point_tables(run, *point_rows(run, reference)), console)


def print_analysis(analysis: Analysis, console: Console) -> None:
    """The same of an analysis that has dots: nothing is computed again."""
    dots = sorted(analysis.dots, key=lambda dot: order_of(dot.row))
    rows, scores = [dict(dot.row) for dot in dots], [dot.task_points for dot in dots]
    _print(point_tables(analysis.run, rows, scores), console)


def _print(shown: PointTables, console: Console) -> None:
    for table in shown.tables:
        print_numbers(console, table.headings, table.rows, len(KEYS), table.title)
    _print_lines(console, shown.notes, "dim")
    _print_lines(console, [f"no scores: {reason}" for reason in shown.unscored], "bold")
    _print_lines(console, shown.gaps, "bold red")


def _print_lines(console: Console, lines: Sequence[str], style: str) -> None:
    for line in lines:
        console.print(line, style=style, highlight=False, markup=False, emoji=False)
