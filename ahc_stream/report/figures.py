"""Curves for papers: one figure per quantity, one column wide, drawn by matplotlib, as PDF, SVG and PNG."""

from __future__ import annotations

import math
import re
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from ahc_stream.core.errors import MissingExtra, UnknownName
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.colours import colour_of
from ahc_stream.report.dot import Dot, curve_names
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.resample import Floats, interval
from ahc_stream.store.atomic import written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = "os^Dvx"
DASHES = ("-", "--", ":", "-.")
"""Curves are told apart in grey as well: 24 have a marker and a dash of their own, as in the page (`web/marks.js`)."""
COLUMN = 88 / 25.4, 60 / 25.4
"""Inches of a figure without its legend; 88 mm is the column of IEEE's journals."""
LINE = 3.6 / 25.4
"""Inches of a line of the legend."""
MOST_LETTERS = {3: 12, 2: 22}
"""How many names stand side by side in a legend -> letters of the longest."""
STYLE = {
    "font.size": 8,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,  # TrueType: text stays text
    "svg.hashsalt": "ahc",
}
FORMATS: dict[str, dict[str, Any]] = {
    "pdf": {"metadata": {"CreationDate": None}},
    "svg": {"metadata": {"Date": None}},
    "png": {"dpi": 300},
}
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
        drawn: Figure = matplotlib.figure.Figure(figsize=COLUMN, layout="constrained")
        axes = drawn.add_subplot()
        _draw(axes, analysis, known[quantity])
        _add_legend(drawn, *axes.get_legend_handles_labels())
    return drawn


def _add_legend(drawn: Figure, handles: list[Any], names: list[str]) -> None:
    """Above the axes, where it covers no curve; each of its lines makes the figure taller, and the axes stay."""
    if not handles:
        return
    across = next((count for count, most in MOST_LETTERS.items() if max(map(len, names)) <= most), 1)
    width, height = COLUMN
    drawn.set_size_inches(width, height + LINE * math.ceil(len(names) / across))
    spacing = {"handlelength": 2.2, "columnspacing": 1.0, "borderpad": 0.0, "labelspacing": 0.3}
    drawn.legend(handles, names, loc="outside upper left", ncols=across, frameon=False, fontsize=7, **spacing)


def _draw(axes: Axes, analysis: Analysis, quantity: Quantity) -> None:
    for number, (curve, name) in enumerate(curve_names(analysis.dots).items()):
        dots = [dot for dot in analysis.dots if dot.curve == curve and _is_shown(dot, quantity)]
        if dots:
            dots.sort(key=lambda dot: dot.bpp)
            _draw_curve(axes, analysis, dots, quantity, number, name)
    original = analysis.original.value(quantity) if analysis.original else None
    if original is not None and not quantity.is_metric:
        axes.axhline(_times(analysis, quantity) * original, color="0.4", linestyle="--", linewidth=1, label="original")
    axes.set_xscale("log")
    axes.set_xlabel("bits per pixel")
    axes.set_ylabel(_heading(analysis, quantity))
    axes.grid(True, which="both", color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)


def _heading(analysis: Analysis, quantity: Quantity) -> str:
    """ "PSNR (dB)", "detection: mAP (%)"."""
    family = "" if quantity.is_metric else f"{quantity.family}: "
    unit = "%" if analysis.is_share(quantity) else quantity.unit
    return family + quantity.label + (f" ({unit})" if unit else "")


def _times(analysis: Analysis, quantity: Quantity) -> int:
    """Shares are drawn in hundredths."""
    return 100 if analysis.is_share(quantity) else 1


def _draw_curve(axes: Axes, analysis: Analysis, dots: list[Dot], quantity: Quantity, number: int, name: str) -> None:
    times, level = _times(analysis, quantity), analysis.settings.level
    axes.errorbar(
        [dot.bpp for dot in dots],
        [times * value for dot in dots if (value := dot.value(quantity)) is not None],
        yerr=times * np.array([_reach(dot, quantity, level) for dot in dots]).T,
        color=colour_of(str(dots[0].point["codec"]))[0],
        marker=MARKERS[number % len(MARKERS)],
        linestyle=DASHES[(number + number // 12) % len(DASHES)],
        markersize=3.5,
        linewidth=1.1,
        elinewidth=0.7,
        capsize=1.5,
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
    """Every metric and headline score as NAME.pdf, .svg and .png (300 dpi) under `folder`. Raises StorageError."""
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
