"""Knees: the farthest point from the chord, by geometry, and curves that have none."""

from __future__ import annotations

import numpy as np
import pytest

from ahc_stream.report.knee import knee


def distance_from_chord(bpp: np.ndarray, quality: np.ndarray) -> np.ndarray:
    """Perpendicular, in the unit square, positive above."""
    points = np.stack([(bpp - bpp[0]) / np.ptp(bpp), (quality - quality[0]) / (quality[-1] - quality[0])], axis=1)
    along = points[-1] - points[0]
    across = along[0] * points[:, 1] - along[1] * points[:, 0]
    return across / np.linalg.norm(along)


def test_it_is_the_point_farthest_above_the_chord_whatever_the_units() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        bpp = np.sort(random.uniform(0.01, 4, random.integers(3, 12)))
        quality = np.log(bpp) + random.normal(0, 0.05, len(bpp))
        if quality[-1] <= quality[0]:
            continue
        distances = distance_from_chord(bpp, quality)
        expected = int(np.argmax(distances)) if distances.max() > 1e-12 else None
        assert knee(bpp, quality) == expected
        assert knee(bpp * 1000 + 5, quality * 0.01 - 3) == expected


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("bpp", "quality"),
    [
        ([], []),
        ([1.0], [30.0]),
        ([1.0, 2.0], [30.0, 40.0]),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]),
        ([1.0, 2.0, 3.0], [1.0, 1.2, 3.0]),
        ([1.0, 2.0, 3.0], [3.0, 5.0, 3.0]),
        ([1.0, 2.0, 3.0], [3.0, 5.0, 2.0]),
    ],
)
def test_too_few_points_straight_lines_and_falling_curves_have_none(bpp: list[float], quality: list[float]) -> None:
    assert knee(np.array(bpp), np.array(quality)) is None
