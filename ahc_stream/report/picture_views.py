"""The operating points at which a picture is shown: its own, and those of about the same rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ahc_stream.report.dot import Dot

MOST_VIEWS = 5
"""Of one picture: its own point among them. Each is a picture more that the page carries."""


def views_of(dots: Sequence[Dot], shown: Dot, most: int = MOST_VIEWS) -> list[Dot]:
    """`shown`, then of every other curve the point of the nearest rate, the nearest first; where curves are few, then
    further points of all curves, the nearest in rate first. At most `most`.

    Rates are compared as logarithms: twice the rate is as far as half of it.
    """
    others = [dot for dot in dots if not dot.is_original and dot.bpp > 0 and dot is not shown]
    others.sort(key=lambda dot: abs(np.log(dot.bpp / shown.bpp)))
    nearest = {dot.curve: dot for dot in reversed(others) if dot.curve != shown.curve}
    equal = [dot for dot in others if nearest.get(dot.curve) is dot]
    rest = [dot for dot in others if nearest.get(dot.curve) is not dot]
    return [shown, *equal, *rest][:most]
