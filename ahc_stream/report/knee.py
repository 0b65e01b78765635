"""The knee of a curve: the measured point behind which more bits buy less than they did on average."""

from __future__ import annotations

import numpy as np

from ahc_stream.report.resample import Floats

LEAST_POINTS = 3


def knee(bpp: Floats, quality: Floats) -> int | None:
    """The number of the knee among the points of a curve; None where the curve has none.

    bpp, quality:  float64 [points], bpp rising; quality is negated where lower is better.

    Rate and quality are scaled to 0..1 between the first and the last point, and the knee is the point that is highest
    above the chord of the two: the difference curve of V. Satopaa et al., "Finding a 'Kneedle' in a Haystack: Detecting
    Knee Points in System Behavior", ICDCSW 2011, at its maximum and without their smoothing. The rate is not
    logarithmic, since bits are what is paid for. A knee depends on where the curve begins and ends. A curve of fewer
    than LEAST_POINTS, one that ends no higher than it began, and one that is nowhere above its chord have none.
    """
    if len(bpp) < LEAST_POINTS or bpp[-1] <= bpp[0] or quality[-1] <= quality[0]:
        return None
    across = (bpp - bpp[0]) / (bpp[-1] - bpp[0])
    up = (quality - quality[0]) / (quality[-1] - quality[0])
    highest = int(np.argmax(up - across))
    return highest if up[highest] > across[highest] else None
