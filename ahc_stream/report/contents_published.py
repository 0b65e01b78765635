"""What the page shows of curves that others published: they go into the charts, and into no number of the run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ahc_stream.report.colours import colour_of
from ahc_stream.report.published import PublishedCurve


def published_contents(curves: Sequence[PublishedCurve], first: int = 0) -> dict[str, Any]:
    """curves, dots: as `contents.contents` has those of the run.

    first:  the number of the first curve; the run's own come before.
    """
    return {
        "curves": [
            {"name": curve.label, "options": curve.description, "colour": list(colour_of(curve.label))}
            for curve in curves
        ],
        "dots": [dot for place, curve in enumerate(curves, first) for dot in _dots(curve, place)],
    }


def _dots(curve: PublishedCurve, number: int) -> Iterator[dict[str, Any]]:
    for place, bpp in enumerate(curve.bpp):
        values = {name: _without_interval(column[place]) for name, column in curve.values.items()}
        own = {"values": values, "changes": {}, "left_out": {}}
        yield {"curve": number, "label": curve.label, "bpp": _without_interval(bpp)} | own


def _without_interval(value: float) -> tuple[float, None, None]:
    return value, None, None
