"""The operating points as tables on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from ahc_stream import runs
from ahc_stream.core.text_table import print_numbers
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.point_tables import KEYS, PointTables, point_tables
from ahc_stream.report.points import order_of, point_rows
from ahc_stream.report.recommendation import decide
from ahc_stream.report.recommendation_text import lines
from ahc_stream.store.folders import Folder

MOST_BLOCKS = 3
"""Of one table, one below the other, on a terminal that is too narrow for all columns."""


def print_report(folder: Folder, console: Console, reference: str = "auto") -> None:
    """Prints the tables per operating point, the options of each codec, what tasks are scored against, what failed."""
    run = runs.open(folder)
    _print(point_tables(run, *point_rows(run, reference)), console)


def print_analysis(analysis: Analysis, console: Console) -> None:
    """The same of an analysis that has dots, and the decision as the last three lines: nothing is computed again."""
    dots = sorted(analysis.dots, key=lambda dot: order_of(dot.row))
    rows, scores = [dict(dot.row) for dot in dots], [dot.task_points for dot in dots]
    _print(point_tables(analysis.run, rows, scores), console)
    _print_lines(console, [f"{line.head}: {line.text}" for line in lines(analysis, decide(analysis))], "bold")


def _print(shown: PointTables, console: Console) -> None:
    left_out: list[str] = []
    for table in shown.tables:
        left_out += print_numbers(console, table.headings, table.rows, len(KEYS), table.title, MOST_BLOCKS, table.ranks)
    if left_out:
        names = ", ".join(dict.fromkeys(left_out))
        _print_lines(
            console, [f"not printed, for the terminal is narrow, but in the page and in --json: {names}"], "dim"
        )
    _print_lines(console, shown.notes, "dim")
    _print_lines(console, [f"no scores: {reason}" for reason in shown.unscored], "bold")
    _print_lines(console, shown.gaps, "bold red")


def _print_lines(console: Console, sentences: Sequence[str], style: str) -> None:
    for line in sentences:
        console.print(line, style=style, highlight=False, markup=False, emoji=False)
