"""Overlaps of quadrilaterals are shapely's, of convex ones and others, near the origin and far from it."""

from __future__ import annotations

import numpy as np
import pytest
from shapely.geometry import Polygon

from ahc_stream.kernels import quads

SQUARE = [0.0, 0, 4, 0, 4, 4, 0, 4]
COUNT = 300


def drawn(seed: int, kind: str) -> np.ndarray:
    """float64 [COUNT, 8] of simple quadrilaterals in a square of 60 pixels, of either orientation."""
    random = np.random.default_rng(seed)
    middle = random.uniform(20, 40, (COUNT, 1, 2))
    if kind == "rectangles":
        angle, size = random.uniform(0, np.pi, COUNT), random.uniform(1, 20, (2, COUNT))
        along = np.stack([np.cos(angle), np.sin(angle)], 1) * size[0, :, None]
        aside = np.stack([-np.sin(angle), np.cos(angle)], 1) * size[1, :, None]
        corners = middle + np.stack([along + aside, along - aside, -along - aside, -along + aside], 1)
    else:  # around the middle at rising angles, so that sides do not cross; many have a dent
        angle = np.arange(4) * np.pi / 2 + random.uniform(0, np.pi / 2, (COUNT, 4))
        radius = random.uniform(1, 20, (COUNT, 4, 1))
        corners = middle + radius * np.stack([np.cos(angle), np.sin(angle)], 2)
    turned = random.random(COUNT) < 0.5
    corners[turned] = corners[turned][:, ::-1]
    return corners.reshape(COUNT, 8)


def by_shapely(first: np.ndarray, second: np.ndarray) -> float:
    one, other = (Polygon(corners.reshape(4, 2)) for corners in (first, second))
    assert one.is_valid and other.is_valid
    return one.intersection(other).area / one.union(other).area


def each(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    rows = np.arange(len(first))
    return quads.overlaps(first, second, (rows, rows))


@pytest.mark.parametrize("offset", [0, 20_000])
@pytest.mark.parametrize(("kind", "other"), [("rectangles", "rectangles"), ("rectangles", "any"), ("any", "any")])
def test_overlaps_are_those_of_shapely(kind: str, other: str, offset: float) -> None:
    first, second = drawn(1, kind) + offset, drawn(2, other) + offset
    expected = np.array([by_shapely(*pair) for pair in zip(first, second, strict=True)])
    np.testing.assert_allclose(each(first, second), expected, atol=1e-9)
    assert 0 < np.median(expected) < 1


@pytest.mark.parametrize("kind", ["rectangles", "any"])
def test_an_outline_is_like_itself_whatever_corner_is_the_first_and_nearly_so_when_it_barely_moves(kind: str) -> None:
    first = drawn(3, kind)
    turned = np.roll(first.reshape(COUNT, 4, 2), 1, axis=1)[:, ::-1].reshape(COUNT, 8)
    np.testing.assert_allclose(each(first, first), 1, atol=1e-12)
    np.testing.assert_allclose(each(first, turned), 1, atol=1e-12)
    for distance in (1e-15, 1e-12, 1e-9):
        assert (each(first, first + distance) > 1 - 1e-6).all()


@pytest.mark.parametrize(
    ("other", "overlap"),
    [
        ([4.0, 0, 8, 0, 8, 4, 4, 4], 0),  # a side in common
        ([4.0, 4, 8, 4, 8, 8, 4, 8], 0),  # a corner in common
        ([2.0, 0, 6, 0, 6, 4, 2, 4], 1 / 3),
        ([1.0, 1, 3, 1, 3, 3, 1, 3], 1 / 4),
        ([2.0, 0, 4, 2, 2, 4, 0, 2], 1 / 2),
        ([0.0, 0, 4, 0, 1, 1, 0, 4], 1 / 4),  # a dent towards the first corner
        ([0.0, 0, 4, 4, 0, 0, 4, 4], 0),  # no area
        ([1.0, 1, 1, 1, 1, 1, 1, 1], 0),
    ],
)
def test_overlaps_of_a_square_by_hand(other: list[float], overlap: float) -> None:
    assert each(np.array([SQUARE]), np.array([other])) == pytest.approx(overlap)
    assert each(np.array([other]), np.array([SQUARE])) == pytest.approx(overlap)


def test_pairs_name_rows_and_threads_change_nothing() -> None:
    first, second = drawn(4, "any"), drawn(5, "rectangles")
    pairs = np.divmod(np.arange(COUNT**2), COUNT)
    one = quads.overlaps(first, second, pairs, threads=1)
    np.testing.assert_array_equal(one, quads.overlaps(first, second, pairs, threads=3))
    np.testing.assert_array_equal(one.reshape(COUNT, COUNT).diagonal(), each(first, second))
    assert len(quads.overlaps(first[:0], second[:0], (pairs[0][:0], pairs[1][:0]))) == 0


def test_what_does_not_fit_is_refused() -> None:
    square, row = np.array([SQUARE]), np.zeros(1, np.int64)
    for bad in (np.where(square == 4, np.nan, square), np.where(square == 4, np.inf, square), square[:, :6].copy()):
        with pytest.raises(ValueError, match=r"corners|eight"):
            quads.overlaps(square, bad, (row, row))
    with pytest.raises(ValueError, match="rows of"):
        quads.overlaps(square, square, (row, row + 1))
    with pytest.raises(ValueError, match="two rows"):
        quads.overlaps(square, square, (row, np.zeros(2, np.int64)))
