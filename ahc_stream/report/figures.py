"""Curves for papers: one figure per quantity, drawn by matplotlib, as SVG and PNG."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from ahc_stream.core.errors import MissingExtra, UnknownName
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot, curve_names
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.resample import Floats, interval
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
FORMATS: dict[str, dict[str, Any]] = {"svg": {"metadata": {"Date": None}}, "png": {"dpi": 300}}
"""Suffix -> what matplotlib is told for it; without a date a figure has the same bytes each time."""


def figure(analysis: Analysis, quantity: str) -> Figure:
    """One quantity over the rate (logarithmic), a line per codec, with intervals; the original as a dashed line.

    quantity: as `operating_points` names the column. Raises UnknownName, and MissingExtra without matplotlib.
    """
    matplotlib = _package()
    known = {shown.name: shown for shown in analysis.quantities}
    if quantity not in known:
        raise UnknownName.among("quantity of this run", quantity, known)
    with matplotlib.rc_context(STYLE):
        drawn: Figure = matplotlib.figure.Figure(figsize=(4.4, 3.1), layout="constrained")
        _draw(drawn.add_subplot(), analysis, known[quantity])
    return drawn


def _draw(axes: Axes, analysis: Analysis, quantity: Quantity) -> None:
    for number, (curve, name) in enumerate(curve_names(analysis.dots).items()):
        dots = [dot for dot in analysis.dots if dot.curve == curve and _is_shown(dot, quantity)]
        if dots:
            dots.sort(key=lambda dot: dot.bpp)
            _draw_curve(axes, dots, quantity, number, name, analysis.settings.level)
    original = analysis.original.value(quantity) if analysis.original else None
    if original is not None and not quantity.is_metric:
        axes.axhline(original, color="0.4", linestyle="--", linewidth=1, label="original")
    axes.set_xscale("log")
    axes.set_xlabel("bits per pixel")
    axes.set_ylabel(_heading(quantity))
    axes.grid(True, which="both", color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(frameon=False)


def _heading(quantity: Quantity) -> str:
    """ "PSNR (dB)", "detection: mAP"."""
    family = "" if quantity.is_metric else f"{quantity.family}: "
    unit = f" ({quantity.unit})" if quantity.unit else ""
    return family + quantity.label + unit


def _draw_curve(axes: Axes, dots: list[Dot], quantity: Quantity, number: int, name: str, level: float) -> None:
    axes.errorbar(
        [dot.bpp for dot in dots],
        [value for dot in dots if (value := dot.value(quantity)) is not None],
        yerr=np.array([_reach(dot, quantity, level) for dot in dots]).T,
        color=COLOURS[number % len(COLOURS)],
        marker=MARKERS[number % len(MARKERS)],
        linestyle=DASHES[number // len(MARKERS) % len(DASHES)],
        markersize=4.5,
        linewidth=1.5,
        elinewidth=0.9,
        capsize=2,
        label=name,
    )


def _reach(dot: Dot, quantity: Quantity, level: float) -> Floats:
    """float64 [2]: how far the interval goes below and above the value; 0 without one."""
    estimate = dot.estimates[quantity.name]
    low, high = interval(estimate.value, estimate.replicates, level)
    if low is None or high is None or estimate.value is None:
        return np.zeros(2)
    return np.clip([estimate.value - low, high - estimate.value], 0, None)


def _is_shown(dot: Dot, quantity: Quantity) -> bool:
    return dot.value(quantity) is not None and dot.bpp > 0


def write_figures(analysis: Analysis, folder: Path) -> list[Path]:
    """Every metric and headline score as NAME.svg and NAME.png (300 dpi) under `folder`. Raises StorageError."""
    paths = []
    for quantity in analysis.quantities:
        if not quantity.headline:
            continue
        drawn, stem = figure(analysis, quantity.name), re.sub(r"[^\w.-]", "-", quantity.name)
        for suffix, options in FORMATS.items():
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
