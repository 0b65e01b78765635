"""Curves for papers: one figure per quantity, drawn by matplotlib, as SVG and PNG."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import numpy as np

from ahc_stream.core.errors import MissingExtra, UnknownName
from ahc_stream.report.analysis import Analysis, Dot, curve_names
from ahc_stream.report.quantity import METRIC, Quantity
from ahc_stream.report.resample import interval
from ahc_stream.store.atomic import written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6b4c9a", "#4d4d4d")
"""M. Okabe and K. Ito, "Color Universal Design", and two more; the page uses the same order."""
MARKERS = "os^Dvx"
DASHES = ("-", "--", ":")
STYLE = {
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "ahc",
}


def figure(analysis: Analysis, quantity: str) -> Figure:
    """One quantity over the rate (logarithmic), a line per codec, with intervals; the original as a dashed line.

    quantity: as `operating_points` names the column. Raises UnknownName, and MissingExtra without matplotlib.
    """
    matplotlib = _package()
    known = {each.name: each for each in analysis.quantities}
    if quantity not in known:
        raise UnknownName.among("quantity of this run", quantity, known)
    with matplotlib.rc_context(STYLE):
        drawn = matplotlib.figure.Figure(figsize=(4.4, 3.1), layout="constrained")
        axes = drawn.add_subplot()
        _draw(axes, analysis, known[quantity])
    return drawn


def _draw(axes: Axes, analysis: Analysis, quantity: Quantity) -> None:
    for number, (curve, name) in enumerate(curve_names(analysis.dots).items()):
        dots = [dot for dot in analysis.dots if dot.curve == curve and _is_finite(dot, quantity)]
        if dots:
            _draw_curve(
                axes, sorted(dots, key=lambda dot: dot.row["bpp"]), quantity, number, name, analysis.settings.level
            )
    original = analysis.original
    if original and quantity.family != METRIC and _is_finite(original, quantity):
        axes.axhline(
            original.estimates[quantity.name].value, color="0.4", linestyle="--", linewidth=1, label="original"
        )
    axes.set_xscale("log")
    axes.set_xlabel("bits per pixel")
    family = "" if quantity.family == METRIC else f"{quantity.family}: "
    axes.set_ylabel(family + quantity.label + (f" ({quantity.unit})" if quantity.unit else ""))
    axes.grid(True, which="both", color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)


def _draw_curve(axes: Axes, dots: list[Dot], quantity: Quantity, number: int, name: str, level: float) -> None:
    values = np.array([dot.estimates[quantity.name].value for dot in dots])
    ends = [
        interval(dot.estimates[quantity.name].value, dot.estimates[quantity.name].replicates, level) for dot in dots
    ]
    spread = np.array(
        [
            (value if low is None else low, value if high is None else high)
            for value, (low, high) in zip(values, ends, strict=True)
        ]
    )
    axes.errorbar(
        [dot.row["bpp"] for dot in dots],
        values,
        yerr=np.clip(np.stack([values - spread[:, 0], spread[:, 1] - values]), 0, None),
        color=COLOURS[number % len(COLOURS)],
        marker=MARKERS[number % len(MARKERS)],
        linestyle=DASHES[number // len(MARKERS) % len(DASHES)],
        markersize=4.5,
        linewidth=1.5,
        elinewidth=0.9,
        capsize=2,
        label=name,
    )


def _is_finite(dot: Dot, quantity: Quantity) -> bool:
    found = dot.estimates.get(quantity.name)
    return found is not None and found.value is not None and bool(np.isfinite(found.value)) and dot.row["bpp"] > 0


def write_figures(analysis: Analysis, folder: Path) -> list[Path]:
    """Every metric and headline score as NAME.svg and NAME.png (300 dpi) under `folder`. Raises StorageError."""
    paths = []
    for quantity in analysis.quantities:
        if quantity.headline:
            drawn, stem = figure(analysis, quantity.name), re.sub(r"[^\w.-]", "-", quantity.name)
            for suffix, options in (("svg", {"metadata": {"Date": None}}), ("png", {"dpi": 300})):
                path = folder / f"{stem}.{suffix}"
                with written_whole(path, durable=False) as file, _package().rc_context(STYLE):
                    drawn.savefig(file, format=suffix, **options)
                paths.append(path)
    return paths


def _package() -> ModuleType:
    try:
        import matplotlib.figure
    except ModuleNotFoundError as error:
        raise MissingExtra.of("matplotlib", "report") from error
    return matplotlib
