"""Thinning, matching, suppression and growth, each held to an independent library or to all possibilities."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy import ndimage
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_bipartite_matching
from scipy.spatial.distance import cdist
from skimage.morphology import reconstruction
from skimage.morphology import thin as skimage_thin

from ahc_stream.kernels import edges


def blobs(random: np.random.Generator) -> np.ndarray:
    """bool of random size: noise, or smooth regions."""
    shape = tuple(random.integers(1, 60, 2))
    if random.random() < 0.5:
        return random.random(shape) < random.random()
    return ndimage.gaussian_filter(random.standard_normal(shape), 4 * random.random()) > 0


def lines(random: np.random.Generator, shape: tuple[int, int], count: int) -> np.ndarray:
    """bool [H, W]: strokes one pixel wide."""
    drawn = np.zeros(shape, np.bool_)
    for _ in range(count):
        (y0, x0), (y1, x1) = random.integers(0, shape, (2, 2))
        steps = max(abs(y1 - y0), abs(x1 - x0)) + 1
        drawn[np.linspace(y0, y1, steps).round().astype(int), np.linspace(x0, x1, steps).round().astype(int)] = True
    return drawn


def test_thinning_is_skimages() -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        mask = blobs(random)
        assert np.array_equal(edges.thin(mask), skimage_thin(mask))


def test_thinning_by_hand() -> None:
    band = np.zeros((7, 12), np.bool_)
    band[2:5, 1:11] = True
    thinned = edges.thin(band)
    assert thinned.sum() == 8 and thinned[3, 2:10].all(), "the middle row, shortened at its ends"
    assert not edges.thin(np.zeros((3, 4), np.bool_)).any()
    assert edges.thin(np.ones((1, 1), np.bool_)).all()


def distances(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    return cdist(np.argwhere(found).reshape(-1, 2), np.argwhere(truth).reshape(-1, 2))


def check_pairs(partners: np.ndarray, apart: np.ndarray, radius: float) -> int:
    """The number of pairs, after a look at whether they are one to one and near."""
    paired = np.flatnonzero(partners >= 0)
    assert len(set(partners[paired])) == len(paired)
    assert (apart[paired, partners[paired]] <= radius).all()
    return len(paired)


def test_as_many_pairs_as_scipy_finds() -> None:
    random = np.random.default_rng(1)
    for _ in range(150):
        shape = tuple(random.integers(1, 40, 2))
        found, truth = (random.random(shape) < share for share in random.random(2) / 2)
        radius = 5 * random.random()
        apart = distances(found, truth)
        most = (
            maximum_bipartite_matching(csr_matrix(apart <= radius), perm_type="column") if apart.size else np.array([])
        )
        assert check_pairs(edges.match(found, truth, radius), apart, radius) == (most >= 0).sum()


def most_pairs(near: np.ndarray) -> int:
    """By trying everything: each found pixel in turn goes without, or takes any near pixel that is left."""
    choices = [np.flatnonzero(row).tolist() for row in near]

    @cache
    def most(pixel: int, left: frozenset[int]) -> int:
        if pixel == len(choices):
            return 0
        taken = [1 + most(pixel + 1, left - {other}) for other in choices[pixel] if other in left]
        return max([most(pixel + 1, left), *taken])

    return most(0, frozenset(range(near.shape[1])))


def test_as_many_pairs_as_brute_force_finds() -> None:
    random = np.random.default_rng(2)
    for _ in range(200):
        shape = (3, 4)
        found, truth = (random.random(shape) < 0.5 for _ in range(2))
        radius = random.choice([0.5, 1.0, 1.5, 2.3])
        apart = distances(found, truth)
        assert check_pairs(edges.match(found, truth, radius), apart, radius) == most_pairs(apart <= radius)


def test_matching_by_hand() -> None:
    found, truth = np.zeros((1, 9), np.bool_), np.zeros((1, 9), np.bool_)
    found[0, [1, 2]] = truth[0, [2, 3]] = True
    assert list(edges.match(found, truth, 1.0)) == [0, 1], "the nearest pair alone would leave two pixels out"
    assert list(edges.match(found, truth, 0.9)) == [-1, 0]
    assert list(edges.match(found, np.zeros_like(truth), 3.0)) == [-1, -1]


def test_the_nearer_pixel_gets_the_partner() -> None:
    found, truth = np.zeros((5, 5), np.bool_), np.zeros((5, 5), np.bool_)
    found[[0, 2, 3], [2, 2, 2]] = truth[2, 2] = True
    assert list(edges.match(found, truth, 3.0)) == [-1, 0, -1]


def test_the_total_distance_is_near_the_least() -> None:
    """Among matchings of most pairs, scipy's is of least distance. Ours may be a quarter above it on such strokes."""
    from scipy.optimize import linear_sum_assignment

    random, ours, least = np.random.default_rng(3), 0.0, 0.0
    for _ in range(10):
        found, truth = (lines(random, (60, 70), 5) for _ in range(2))
        apart = distances(found, truth)
        cost = np.where(apart <= 4, apart, 1e4)
        rows, columns = linear_sum_assignment(cost)
        near = apart[rows, columns] <= 4
        partners = edges.match(found, truth, 4.0)
        paired = np.flatnonzero(partners >= 0)
        assert len(paired) == near.sum()
        ours += apart[paired, partners[paired]].sum()
        least += apart[rows, columns][near].sum()
    assert least - 1e-6 <= ours <= 1.25 * least


def test_counts_are_what_the_steps_give() -> None:
    random = np.random.default_rng(4)
    soft = ndimage.gaussian_filter(random.random((50, 40)), 1.5)
    soft = (soft - soft.min()) / np.ptp(soft)
    truths = np.stack([lines(random, soft.shape, 4) for _ in range(3)])
    thresholds, tolerance = np.array([0.2, 0.5, 0.8]), 0.05
    counts = edges.count(soft, truths, thresholds, tolerance)
    radius = tolerance * np.hypot(*soft.shape)
    for threshold, row in zip(thresholds, counts, strict=True):
        thinned = skimage_thin(soft >= threshold)
        matched = [edges.match(thinned, truth, radius) >= 0 for truth in truths]
        expected = sum(each.sum() for each in matched), truths.sum(), np.any(matched, axis=0).sum(), thinned.sum()
        assert tuple(row) == expected
    assert np.array_equal(counts, edges.count(soft, truths, thresholds, tolerance, threads=1))


def test_a_value_at_the_threshold_is_an_edge() -> None:
    soft = np.array([[0.25, 0.0, 0.5]])
    counts = edges.count(soft, np.array([[[True, False, True]]]), np.array([0.25, 0.26, 0.5, 0.51]), 0.01)
    assert counts.tolist() == [[2, 2, 2, 2], [1, 2, 1, 1], [1, 2, 1, 1], [0, 2, 0, 0]]


def suppress_in_numpy(soft: np.ndarray) -> np.ndarray:
    """The published steps through scipy: triangle filters, second derivatives, interpolation along the normal."""

    def smoothed(values: np.ndarray, radius: int) -> np.ndarray:
        taps = np.bartlett(2 * radius + 3)[1:-1]
        taps /= taps.sum()
        return ndimage.correlate1d(ndimage.correlate1d(values, taps, 0, mode="reflect"), taps, 1, mode="reflect")

    values = smoothed(soft.astype(np.float64), 1)
    dy, dx = np.gradient(smoothed(values, 4))
    yy, xy = np.gradient(dy)
    xx = np.gradient(dx)[1]
    angle = np.arctan(yy * np.sign(-xy) / (xx + 1e-5)) % np.pi
    y, x = np.mgrid[: soft.shape[0], : soft.shape[1]].astype(np.float64)
    most_y, most_x = (size - 1.001 for size in soft.shape)
    keep = np.ones(soft.shape, np.bool_)
    for far in (-1, 1):
        at = [np.clip(y + far * np.sin(angle), 0, most_y), np.clip(x + far * np.cos(angle), 0, most_x)]
        keep &= values * 1.01 >= ndimage.map_coordinates(values, at, order=1)
    fade = np.ones(soft.shape)
    for place, size in ((y, soft.shape[0]), (x, soft.shape[1])):
        for edge in (place, size - 1 - place):
            fade *= np.where(edge < 5, edge / 5, 1)
    return np.where(keep, values, 0) * fade


@pytest.mark.parametrize("shape", [(40, 61), (33, 20)])
def test_suppression_is_the_published_one(shape: tuple[int, int]) -> None:
    random = np.random.default_rng(5)
    soft = ndimage.gaussian_filter(random.random(shape), 2)
    soft = (soft - soft.min()) / np.ptp(soft)
    ours, reference = edges.suppress(soft), suppress_in_numpy(soft)
    assert np.mean((ours > 0) != (reference > 0)) < 0.002, "float32 against float64: a tie may fall the other way"
    both = (ours > 0) & (reference > 0)
    assert both.mean() > 0.1 and np.allclose(ours[both], reference[both], atol=1e-6)


def test_suppression_leaves_a_line_of_a_soft_band() -> None:
    y, x = np.mgrid[0:40, 0:40]
    soft = np.exp(-(((x - 0.3 * y - 13.4) / 2.5) ** 2))
    kept = edges.suppress(soft) > 0.1
    inner = kept[6:34]
    assert (inner.sum(axis=1) >= 1).all() and inner.sum(axis=1).mean() < 1.5


def test_maps_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="found map's size"):
        edges.count(np.zeros((4, 5)), np.zeros((1, 5, 4), np.bool_), np.array([0.5]), 0.01)
    with pytest.raises(ValueError, match="at least one pixel"):
        edges.suppress(np.zeros((0, 9)))
    with pytest.raises(ValueError, match="of one size"):
        edges.match(np.zeros((4, 5), np.bool_), np.zeros((4, 4), np.bool_), 1.0)


@pytest.mark.parametrize("length", [32770, 40001, 70000])
def test_suppression_reads_nothing_behind_a_long_row(length: int) -> None:
    """From 32,769 pixels on, float32 cannot tell the last pixel of a row from a thousandth before it, so its neighbour
    to the right seemed to be the next row's first pixel. Infinity stands there."""
    rising = np.tile(np.linspace(0, 1, length, dtype=np.float32), (12, 1))
    end = edges.suppress(rising[:, -400:])[:, -40:]
    rising[:, 0] = np.inf
    assert np.array_equal(edges.suppress(rising)[:, -40:], end)


def test_pixels_of_one_row_are_suppressed_too() -> None:
    for shape in ((1, 9), (9, 1), (1, 1)):
        flat = np.full(shape, 0.5, np.float32)
        assert np.allclose(edges.suppress(flat), 0.5)


def strokes_and_noise(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """float64 [H, W] of 256 steps: strokes of several strengths over smooth noise."""
    soft = 0.4 * ndimage.gaussian_filter(random.random(shape), 1)
    for _ in range(12):
        soft[lines(random, shape, 1)] += random.random()
    return np.round(np.clip(soft, 0, 1) * 255) / 255


def test_counts_are_maximum_matchings_at_every_threshold() -> None:
    """Thresholds in any order, some twice, some above and below all values."""
    random = np.random.default_rng(8)
    for _ in range(4):
        soft = strokes_and_noise(random, (45, 60))
        truths = np.stack([lines(random, soft.shape, 6) for _ in range(2)])
        thresholds = random.permutation([0.0, 0.2, 0.2, 0.21, 0.4, 0.4001, 0.7, 0.9, 1.5])
        counts = edges.count(soft, truths, thresholds, 0.05)
        radius = 0.05 * np.hypot(*soft.shape)
        for threshold, row in zip(thresholds, counts, strict=True):
            thinned = edges.thin(soft >= threshold)
            near = [csr_matrix(distances(thinned, truth) <= radius) for truth in truths]
            most = [maximum_bipartite_matching(each) for each in near] if thinned.any() else []
            assert row[0] == sum((each >= 0).sum() for each in most)
            assert row[1] == truths.sum() and row[3] == thinned.sum()
            matched = [edges.match(thinned, truth, radius) >= 0 for truth in truths]
            assert row[2] == np.any(matched, axis=0).sum()


def test_neither_threads_nor_kept_neighbours_nor_other_thresholds_move_a_count(monkeypatch: pytest.MonkeyPatch) -> None:
    random = np.random.default_rng(9)
    soft = strokes_and_noise(random, (70, 90))
    truths = np.stack([lines(random, soft.shape, 8) for _ in range(3)])
    thresholds = np.linspace(0.05, 0.95, 19)
    counts = edges.count(soft, truths, thresholds, 0.03)
    assert np.array_equal(counts, edges.count(soft, truths, thresholds, 0.03, threads=1))
    assert np.array_equal(counts[::4], edges.count(soft, truths, thresholds[::4], 0.03, threads=5))
    for kept in (0, 1000):
        monkeypatch.setattr(edges, "KEPT", kept)
        assert np.array_equal(counts, edges.count(soft, truths, thresholds, 0.03))


def test_a_value_that_is_no_number_is_no_edge() -> None:
    soft, truth = np.full((9, 9), np.nan), np.ones((1, 9, 9), np.bool_)
    soft[4, 2:7] = 0.5
    assert edges.count(soft, truth, np.array([0.3, 0.6]), 0.05)[:, 3].tolist() == [5, 0]


def test_growth_is_skimages_reconstruction() -> None:
    random = np.random.default_rng(6)
    for height, width in product((1, 7, 40), (1, 9, 33)):
        masks = np.where(random.random((2, height, width)) < 0.6, random.random((2, height, width)), 0).astype(
            np.float32
        )
        seeds = np.where(random.random(masks.shape) < 0.1, masks, 0).astype(np.float32)
        grown = seeds.copy()
        edges.reconstruct(grown, masks)
        for ours, seed, mask in zip(grown, seeds, masks, strict=True):
            assert np.array_equal(ours, reconstruction(seed, mask, footprint=np.ones((3, 3))))
