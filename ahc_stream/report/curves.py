"""The curves of a page: their short names, and the colours that their codecs have everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ahc_stream.report.colours import colour_of
from ahc_stream.report.dot import Dot, curve_names


def curves_of(dots: Iterable[Dot]) -> dict[str, dict[str, Any]]:
    """Curve -> what the page knows of it. colour: on light and on dark ground."""
    shown = list(dots)
    codecs = {dot.curve: str(dot.point["codec"]) for dot in shown}
    return {
        curve: {
            "key": curve,
            "name": name,
            "options": curve.partition(":")[2],
            "colour": list(colour_of(codecs[curve])),
        }
        for curve, name in curve_names(shown).items()
    }
