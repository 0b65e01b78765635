"""Runs side by side on a terminal: differences at shared points, deltas between the curves of different runs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.console import Console

from ahc_stream.core.text_table import print_numbers
from ahc_stream.report.bd import METHODS, delta
from ahc_stream.report.compare import Comparison, RunPair, curve_key, curves_between, differences, left_out_of
from ahc_stream.report.dot import curve_names
from ahc_stream.report.findings import size_text
from ahc_stream.report.quantity import Quantity

MOST_PAIRS = 20
"""Of curves that are printed; the page has all."""


def print_comparison(comparison: Comparison, console: Console) -> None:
    """The difference of each metric and headline score at each operating point that a run shares with the first, with a
    star where it is significant; then the deltas between the first run's curves and those of the others."""
    shown = [quantity for quantity in comparison.quantities if quantity.headline]
    rows = differences(comparison).to_pylist()
    for runs in comparison.against_first:
        mine = {(row["point"], row["quantity"]): row for row in rows if row["other_run"] == runs.names[1]}
        _print_differences(runs, shown, mine, console)
    _print_deltas(comparison, console)
    for sentence in left_out_of(comparison):
        _print(console, sentence)


def _print_differences(
    runs: RunPair, shown: list[Quantity], rows: dict[tuple[str, str], dict[str, Any]], console: Console
) -> None:
    one, other = runs.names
    if not runs.pairs:
        _print(console, f"{other} and {one} share no operating point: only their curves can be compared")
        return
    headings = ["point", *(f"{each.label}, points" if runs.one.is_share(each) else each.label for each in shown)]
    lines = []
    for dot, _ in runs.pairs:
        cells = [_cell(runs, quantity, rows.get((dot.label, quantity.name))) for quantity in shown]
        lines.append([dot.label, *cells])
    print_numbers(console, headings, lines, keys=1, title=f"{other} minus {one}")


def _cell(runs: RunPair, quantity: Quantity, row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    size = size_text(row["difference"], quantity, runs.one.is_share(quantity))
    return f"{'' if size.startswith('-') else '+'}{size}{' *' if row['sure'] else ''}"


def _print_deltas(comparison: Comparison, console: Console) -> None:
    """Bits that a curve of another run needs at the same quality, in percent of a curve of the first run's."""
    leading = _leading(comparison)
    pairs = list(_pairs(comparison))
    if not leading or not pairs:
        return
    by_quantity = {quantity.name: curves_between(comparison, quantity) for quantity in leading}
    lines, reasons = [], dict[str, None]()
    for (anchor, anchor_name), (test, test_name) in pairs[:MOST_PAIRS]:
        cells = []
        for quantity in leading:
            curves = by_quantity[quantity.name]
            row = delta(curves[anchor], curves[test], METHODS[0])
            rate, overlap = row.get("rate_percent"), row.get("rate_overlap")
            if isinstance(rate, float) and isinstance(overlap, float):
                cells.append(f"{rate:+.1f} % ({100 * overlap:.0f} %)")
            else:
                cells.append("-")
                why = row["refused"] or "the curves share no range of quality"
                reasons[f"{test_name} against {anchor_name}, {quantity.label}: {why}"] = None
        lines.append([test_name, anchor_name, *cells])
    headings = ["curve", "against", *(f"bits at equal {quantity.label}" for quantity in leading)]
    title = "Bjontegaard deltas; in brackets the share of the range that both cover"
    print_numbers(console, headings, lines, keys=2, title=title)
    if len(pairs) > MOST_PAIRS:
        _print(console, f"{len(pairs) - MOST_PAIRS} more pairs of curves, and each against each, are in the page only")
    for reason in reasons:
        _print(console, reason)


def _leading(comparison: Comparison) -> list[Quantity]:
    """Each task's leading score and the leading metric, of those that all runs have."""
    run, known = comparison.first, comparison.quantities
    candidates = [*(run.leading_score(task) for task in run.tasks), run.leading_metric]
    return [each for each in candidates if each in known and each.higher_is_better is not None]


def _pairs(comparison: Comparison) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """(key, short name) of a curve of the first run and of a curve of another run; equal codecs and options first."""
    by_run = [
        [(curve, curve_key(name, curve), curve_key(name, short)) for curve, short in curve_names(run.dots).items()]
        for name, run in zip(comparison.names, comparison.runs, strict=True)
    ]
    found = [
        (one != test, (anchor, anchor_name), (other, test_name))
        for others in by_run[1:]
        for test, other, test_name in others
        for one, anchor, anchor_name in by_run[0]
    ]
    yield from ((anchor, other) for _, anchor, other in sorted(found, key=lambda pair: pair[0]))


def _print(console: Console, sentence: str) -> None:
    console.print(sentence, style="dim", highlight=False, markup=False, emoji=False)
