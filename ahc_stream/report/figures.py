"""Curves by matplotlib: figures for papers as SVG and PNG, one per quantity, and axes for a notebook."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from ahc_stream.core.errors import MissingExtra, UnknownName
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot, curve_names
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.rate_axes import BPP, rate_axes
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
SIZE = (4.4, 3.1)
"""Inches."""
PUBLISHED_DASH = (0, (1, 1.5))
TICKS = ((1, 2, 3, 5, 7), (1, 2, 5), (1, 3), (1,))
"""Labelled multiples of the powers of ten on a rate axis, the densest that has room."""
MOST_TICKS = 8


def figure(analysis: Analysis, quantity: str) -> Figure:
    """One quantity over the rate (logarithmic), a line per codec, with intervals; the original as a dashed line,
    published curves dotted and without intervals.

    quantity: as `operating_points` names the column. Raises UnknownName, and MissingExtra without matplotlib.
    """
    matplotlib = _package()
    shown = _quantity(analysis, quantity)
    with matplotlib.rc_context(STYLE):
        drawn: Figure = matplotlib.figure.Figure(figsize=SIZE, layout="constrained")
        _draw(drawn.add_subplot(), analysis, shown, BPP)
    return drawn


def plot(analysis: Analysis, quantity: str, rate: str = BPP, axes: Axes | None = None) -> Axes:
    """The same in axes of pyplot's, which a notebook shows; in `axes` where they are given.

    rate: a column of `operating_points` that is one of `rate_axes`. Raises UnknownName, and MissingExtra.
    """
    matplotlib = _package()
    shown = _quantity(analysis, quantity)
    rates = rate_axes(analysis)
    if rate not in rates:
        raise UnknownName.among("rate of this run", rate, rates)
    if axes is not None:
        _draw(axes, analysis, shown, rate)
        return axes
    from matplotlib import pyplot

    # Outside of the context: the first figure loads a backend, and what that sets is to stay.
    drawn = pyplot.figure(figsize=SIZE, layout="constrained")
    with matplotlib.rc_context(STYLE):
        made: Axes = drawn.add_subplot()
        _draw(made, analysis, shown, rate)
    return made


def _quantity(analysis: Analysis, name: str) -> Quantity:
    known = {shown.name: shown for shown in analysis.quantities}
    if name not in known:
        headline = ", ".join(shown.name for shown in analysis.quantities if shown.headline)
        raise UnknownName.near("quantity of this run", name, known, f"name one of its columns, such as {headline}")
    return known[name]


def _draw(axes: Axes, analysis: Analysis, quantity: Quantity, rate: str) -> None:
    own = curve_names(analysis.dots)
    for number, (curve, name) in enumerate(own.items()):
        dots = [dot for dot in analysis.dots if dot.curve == curve and _is_shown(dot, quantity, rate)]
        if dots:
            dots.sort(key=lambda dot: dot.row[rate])
            _draw_curve(axes, dots, quantity, rate, analysis.settings.level, _look(number, name))
    for number, published in enumerate(analysis.published if rate == BPP else (), len(own)):
        points = published.points(quantity.name)
        if points:
            rates, values = zip(*points, strict=True)
            hollow = {"markerfacecolor": "white", "linestyle": PUBLISHED_DASH}
            axes.errorbar(rates, values, **_look(number, published.label) | hollow)
    original = analysis.original.value(quantity) if analysis.original else None
    if original is not None and not quantity.is_metric:
        axes.axhline(original, color="0.4", linestyle="--", linewidth=1, label="original")
    axes.set_xscale("log")
    _label_rates(axes)
    axes.set_xlabel(rate_axes(analysis)[rate])
    axes.set_ylabel(_heading(quantity))
    axes.grid(True, which="both", color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)
    if axes.get_legend_handles_labels()[0]:
        for text in axes.legend(frameon=False).get_texts():
            text.set_parse_math(False)  # a name is a name, whatever is between its dollars


def _label_rates(axes: Axes) -> None:
    """Plain numbers where matplotlib would write powers of ten, that run into one another where the range is narrow."""
    from matplotlib.ticker import LogLocator, NullFormatter

    left, right = axes.get_xlim()
    for multiples in TICKS:
        locator = LogLocator(subs=multiples)
        shown = [tick for tick in locator.tick_values(left, right) if left <= tick <= right]
        if 2 <= len(shown) <= MOST_TICKS:
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter("{x:g}")
            axes.xaxis.set_minor_formatter(NullFormatter())
            return


def _heading(quantity: Quantity) -> str:
    """ "PSNR (dB)", "detection: mAP"."""
    family = "" if quantity.is_metric else f"{quantity.family}: "
    unit = f" ({quantity.unit})" if quantity.unit else ""
    return family + quantity.label + unit


def _look(number: int, name: str) -> dict[str, Any]:
    """How the curve of a number is drawn. A legend leaves out what begins with an underscore."""
    return {
        "label": f" {name}" if name.startswith("_") else name,
        "color": COLOURS[number % len(COLOURS)],
        "marker": MARKERS[number % len(MARKERS)],
        "linestyle": DASHES[number // len(MARKERS) % len(DASHES)],
        "markersize": 4.5,
        "linewidth": 1.5,
    }


def _draw_curve(
    axes: Axes, dots: list[Dot], quantity: Quantity, rate: str, level: float, look: Mapping[str, Any]
) -> None:
    axes.errorbar(
        [dot.row[rate] for dot in dots],
        [value for dot in dots if (value := dot.value(quantity)) is not None],
        yerr=np.array([_reach(dot, quantity, level) for dot in dots]).T,
        elinewidth=0.9,
        capsize=2,
        **look,
    )


def _reach(dot: Dot, quantity: Quantity, level: float) -> Floats:
    """float64 [2]: how far the interval goes below and above the value; 0 without one."""
    estimate = dot.estimates[quantity.name]
    low, high = interval(estimate.value, estimate.replicates, level)
    if low is None or high is None or estimate.value is None:
        return np.zeros(2)
    return np.clip([estimate.value - low, high - estimate.value], 0, None)


def _is_shown(dot: Dot, quantity: Quantity, rate: str) -> bool:
    return dot.value(quantity) is not None and (dot.row.get(rate) or 0) > 0


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
