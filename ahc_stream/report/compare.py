"""Two runs of one dataset side by side: differences at the operating points that both have, deltas between curves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from ahc_stream.core.errors import InvalidValue
from ahc_stream.report.analysis import Analysis, Dot, difference
from ahc_stream.report.bd import DELTAS, between, curve_of
from ahc_stream.report.paired import holm
from ahc_stream.report.quantity import Quantity
from ahc_stream.tables import POINT

COMPARED = pa.schema(
    [
        *POINT,
        ("point", pa.string()),
        ("family", pa.string()),
        ("quantity", pa.string()),
        ("label", pa.string()),
        ("one", pa.float64()),
        ("other", pa.float64()),
        ("difference", pa.float64()),  # other - one
        ("low", pa.float64()),  # bootstrap interval, paired by item; null where the runs' items differ
        ("high", pa.float64()),
        ("p", pa.float64()),
        ("p_holm", pa.float64()),  # over all rows of the family
        ("sure", pa.bool_()),  # excludes zero after the correction
    ]
)


@dataclass(frozen=True)
class Comparison:
    """Two analyses of one dataset. names: short names of the runs, their folders' where these differ."""

    one: Analysis
    other: Analysis
    names: tuple[str, str]

    @property
    def quantities(self) -> list[Quantity]:
        """Those that both runs have."""
        known = {each.name for each in self.other.quantities}
        return [each for each in self.one.quantities if each.name in known]

    @property
    def pairs(self) -> list[tuple[Dot, Dot]]:
        """The operating points that both runs have, in the order of the first."""
        others = {tuple(dot.point.values()): dot for dot in self.other.dots}
        return [(dot, others[key]) for dot in self.one.dots if (key := tuple(dot.point.values())) in others]


def compare(one: Analysis, other: Analysis) -> Comparison:
    """Raises InvalidValue where the two are not of the same files, and so no difference would mean anything."""
    if one.folder.resolve() == other.folder.resolve():
        raise InvalidValue("two runs", f"{one.folder} twice", "name two folders")
    if one.run.fingerprint != other.run.fingerprint:
        names = [f"{each.folder} ({each.run.manifest['dataset']['name']})" for each in (one, other)]
        got = f"{' and '.join(names)}, whose fingerprints differ"
        raise InvalidValue("two runs of the same files", got, "run both on the same dataset, with the same --limit")
    if one.settings != other.settings:
        raise InvalidValue(
            "two analyses with the same settings", "different ones", "analyse both with the same Settings"
        )
    return Comparison(one, other, _names(one.folder, other.folder))


def _names(one: Path, other: Path) -> tuple[str, str]:
    names = one.resolve().name, other.resolve().name
    return names if names[0] != names[1] else (str(one), str(other))


def differences(runs: Comparison) -> pa.Table:
    """COMPARED of every shared operating point and quantity."""
    rows = [row for each in runs.quantities for row in _rows(runs, each)]
    for family in {row["family"] for row in rows}:
        tested = [row for row in rows if row["family"] == family and row["p"] is not None]
        for row, p in zip(tested, holm([row["p"] for row in tested]), strict=True):
            row["p_holm"] = p
            row["sure"] = (row["low"] > 0 or row["high"] < 0) and p < 1 - runs.one.settings.level
    return pa.Table.from_pylist(rows, schema=COMPARED)


def _rows(runs: Comparison, quantity: Quantity) -> Iterable[dict[str, Any]]:
    paired = runs.one.resamples is not None and runs.other.resamples is not None
    paired = paired and runs.one.resamples.items == runs.other.resamples.items
    for one, other in runs.pairs:
        if quantity.name in one.estimates and quantity.name in other.estimates and _same_truth(one, other, quantity):
            before, after = one.estimates[quantity.name], other.estimates[quantity.name]
            change = difference(after, before, runs.one.settings.level)
            if change:
                row = dict(one.point) | {"point": one.label, "family": quantity.family, "quantity": quantity.name}
                row |= {"label": quantity.label, "one": before.value, "other": after.value, "difference": change.value}
                yield (
                    row
                    | ({"low": change.low, "high": change.high, "p": change.p} if paired else {"p": None})
                    | {"sure": False}
                )


def _same_truth(one: Dot, other: Dot, quantity: Quantity) -> bool:
    """Whether a task is scored against the same thing in both, labels or the original."""
    scored = [dot.scored.get(quantity.family) for dot in (one, other)]
    return all(scored) and scored[0].reference == scored[1].reference if any(scored) else True


def deltas_between(runs: Comparison) -> pa.Table:
    """DELTAS of every pair of curves of both runs, named "RUN: codec and options"."""
    rows: list[Mapping[str, Any]] = []
    for quantity in runs.quantities:
        if quantity.headline and quantity.higher_is_better is not None:
            curves = {
                f"{name}: {curve}": curve_of(run, quantity, curve)
                for name, run in zip(runs.names, (runs.one, runs.other), strict=True)
                for curve in dict.fromkeys(dot.curve for dot in run.dots if not dot.is_original)
            }
            rows += between(quantity, curves)
    return pa.Table.from_pylist(rows, schema=DELTAS)


def print_comparison(runs: Comparison, console: Console) -> None:
    """The difference of each metric and headline score at each shared operating point; * where it is sure."""
    shown = [each for each in runs.quantities if each.headline]
    cells = {(row["point"], row["quantity"]): row for row in differences(runs).to_pylist()}
    table = Table(title=f"{runs.names[1]} minus {runs.names[0]}", title_justify="left")
    for name in ("point", *(each.label for each in shown)):
        table.add_column(name, justify="left" if name == "point" else "right")
    for one, _ in runs.pairs:
        found = (cells.get((one.label, each.name)) for each in shown)
        table.add_row(
            one.label, *(f"{row['difference']:+.4g}{' *' if row['sure'] else ''}" if row else "-" for row in found)
        )
    console.print(table if runs.pairs else "no operating point is in both runs")
