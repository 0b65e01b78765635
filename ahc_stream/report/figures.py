"""Curves by matplotlib: figures for papers as PDF, SVG and PNG, one per quantity, and axes for a notebook."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from ahc_stream.core.errors import MissingExtra, UnknownName
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.colours import colour_of
from ahc_stream.report.dot import Dot, curve_names
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.rate_axes import BPP, rate_axes
from ahc_stream.report.resample import Floats, interval
from ahc_stream.store.atomic import written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.text import Text

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
SIZE = (4.4, 3.1)
"""Inches of a notebook's axes."""
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
        drawn: Figure = matplotlib.figure.Figure(figsize=COLUMN, layout="constrained")
        axes = drawn.add_subplot()
        _draw(axes, analysis, shown, BPP)
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
    legend = drawn.legend(handles, names, loc="outside upper left", ncols=across, frameon=False, fontsize=7, **spacing)
    _as_written(legend.get_texts())


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
        _draw_with_legend(axes, analysis, shown, rate)
        return axes
    from matplotlib import pyplot

    # Outside of the context: the first figure loads a backend, and what that sets is to stay.
    drawn = pyplot.figure(figsize=SIZE, layout="constrained")
    with matplotlib.rc_context(STYLE):
        made: Axes = drawn.add_subplot()
        _draw_with_legend(made, analysis, shown, rate)
    return made


def _draw_with_legend(axes: Axes, analysis: Analysis, quantity: Quantity, rate: str) -> None:
    _draw(axes, analysis, quantity, rate)
    if axes.get_legend_handles_labels()[0]:
        _as_written(axes.legend(frameon=False).get_texts())


def _as_written(texts: Iterable[Text]) -> None:
    """A name is a name, whatever is between its dollars."""
    for text in texts:
        text.set_parse_math(False)


def _quantity(analysis: Analysis, name: str) -> Quantity:
    known = {shown.name: shown for shown in analysis.quantities}
    if name not in known:
        headline = ", ".join(shown.name for shown in analysis.quantities if shown.headline)
        raise UnknownName.near("quantity of this run", name, known, f"name one of its columns, such as {headline}")
    return known[name]


def _draw(axes: Axes, analysis: Analysis, quantity: Quantity, rate: str) -> None:
    own, times = curve_names(analysis.dots), _times(analysis, quantity)
    for number, (curve, name) in enumerate(own.items()):
        dots = [dot for dot in analysis.dots if dot.curve == curve and _is_shown(dot, quantity, rate)]
        if dots:
            dots.sort(key=lambda dot: dot.row[rate])
            _draw_curve(axes, analysis, dots, quantity, rate, _look(number, name, str(dots[0].point["codec"])))
    for number, published in enumerate(analysis.published if rate == BPP else (), len(own)):
        points = published.points(quantity.name)
        if points:
            rates, values = zip(*points, strict=True)
            hollow = {"markerfacecolor": "white", "linestyle": PUBLISHED_DASH}
            shown = times * np.array(values)
            axes.errorbar(rates, shown, **_look(number, published.label, published.label) | hollow)
    original = analysis.original.value(quantity) if analysis.original else None
    if original is not None and not quantity.is_metric:
        axes.axhline(_times(analysis, quantity) * original, color="0.4", linestyle="--", linewidth=1, label="original")
    axes.set_xscale("log")
    _label_rates(axes)
    axes.set_xlabel(rate_axes(analysis)[rate])
    axes.set_ylabel(_heading(analysis, quantity))
    axes.grid(True, which="both", color="0.92", linewidth=0.6)
    axes.set_axisbelow(True)


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


def _heading(analysis: Analysis, quantity: Quantity) -> str:
    """ "PSNR (dB)", "detection: mAP (%)"."""
    family = "" if quantity.is_metric else f"{quantity.family}: "
    unit = "%" if analysis.is_share(quantity) else quantity.unit
    return family + quantity.label + (f" ({unit})" if unit else "")


def _times(analysis: Analysis, quantity: Quantity) -> int:
    """Shares are drawn in hundredths."""
    return 100 if analysis.is_share(quantity) else 1


def _look(number: int, name: str, codec: str) -> dict[str, Any]:
    """How the curve of a number is drawn. A legend leaves out what begins with an underscore."""
    return {
        "label": f" {name}" if name.startswith("_") else name,
        "color": colour_of(codec)[0],
        "marker": MARKERS[number % len(MARKERS)],
        "linestyle": DASHES[(number + number // 12) % len(DASHES)],
        "markersize": 3.5,
        "linewidth": 1.1,
    }


def _draw_curve(
    axes: Axes, analysis: Analysis, dots: list[Dot], quantity: Quantity, rate: str, look: Mapping[str, Any]
) -> None:
    times, level = _times(analysis, quantity), analysis.settings.level
    axes.errorbar(
        [dot.row[rate] for dot in dots],
        [times * value for dot in dots if (value := dot.value(quantity)) is not None],
        yerr=times * np.array([_reach(dot, quantity, level) for dot in dots]).T,
        elinewidth=0.7,
        capsize=1.5,
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
