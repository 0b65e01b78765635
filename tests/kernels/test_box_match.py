"""Matched boxes are those of COCO's rule, read line by line; pycocotools itself is in tests/tasks/detection."""

from __future__ import annotations

import numpy as np
import pytest

from ahc_stream.kernels.box_match import Groups, match

THRESHOLDS = np.linspace(0.5, 0.95, 10)


def drawn(seed: int, groups: int = 40, areas: int = 3) -> Groups:
    """Groups of a few boxes; overlaps in steps of 0.05, so that many are equal and many are at a threshold."""
    random = np.random.default_rng(seed)
    found, true = random.integers(0, 7, groups), random.integers(0, 5, groups)
    crowd = random.random(true.sum()) < 0.2
    return Groups(
        detections=np.append(0, np.cumsum(found)),
        truths=np.append(0, np.cumsum(true)),
        overlaps=random.integers(6, 21, (found * true).sum()) / 20,
        crowd=crowd,
        truths_outside=(random.random((areas, true.sum())) < 0.3) | crowd,
        detections_outside=random.random((areas, found.sum())) < 0.4,
    )


def by_the_rule(groups: Groups) -> tuple[np.ndarray, np.ndarray]:
    """bool [areas, thresholds, detections] twice: what is a hit, and what is ignored."""
    areas, count = groups.detections_outside.shape
    hits, ignored = np.zeros((2, areas, len(THRESHOLDS), count), bool)
    first = 0
    for a, b, c, d in zip(groups.detections, groups.detections[1:], groups.truths, groups.truths[1:], strict=False):
        overlaps = groups.overlaps[first : first + (b - a) * (d - c)].reshape(b - a, d - c)
        first += overlaps.size
        for area in range(areas):
            outside = groups.truths_outside[area, c:d]
            for step, threshold in enumerate(THRESHOLDS):
                free = np.ones(d - c, bool)
                for i in range(b - a):
                    best = best_by_the_rule(overlaps[i], free | groups.crowd[c:d], outside, threshold)
                    if best is None:
                        ignored[area, step, a + i] = groups.detections_outside[area, a + i]
                    else:
                        free[best] = False
                        (ignored if outside[best] else hits)[area, step, a + i] = True
    return hits, ignored


def best_by_the_rule(overlaps: np.ndarray, may: np.ndarray, outside: np.ndarray, threshold: float) -> int | None:
    """Of the boxes to be found, else of the others: the last of those that overlap most."""
    for wanted in (~outside, outside):
        candidates = np.flatnonzero(may & wanted & (overlaps >= threshold))
        if len(candidates):
            return int(candidates[overlaps[candidates] == overlaps[candidates].max()][-1])
    return None


def unpacked(bits: np.ndarray, areas: int) -> np.ndarray:
    """bool [areas, thresholds, detections]."""
    numbers = np.arange(areas * len(THRESHOLDS), dtype=np.uint64)[:, None]
    return ((bits >> numbers) & np.uint64(1)).astype(bool).reshape(areas, len(THRESHOLDS), -1)


@pytest.mark.parametrize("seed", range(30))
def test_hits_and_ignored_boxes_are_those_of_the_rule(seed: int) -> None:
    groups = drawn(seed)
    found = [unpacked(bits, len(groups.truths_outside)) for bits in match(groups, THRESHOLDS)]
    assert all(map(np.array_equal, found, by_the_rule(groups)))


def test_no_bit_depends_on_the_number_of_threads() -> None:
    groups = drawn(0, groups=3000)
    one, many = match(groups, THRESHOLDS, threads=1), match(groups, THRESHOLDS, threads=5)
    assert all(map(np.array_equal, one, many)) and one[0].any()


def test_nothing_found_and_nothing_to_find_have_no_bits() -> None:
    hits, ignored = match(drawn(0, groups=0), THRESHOLDS)
    assert len(hits) == len(ignored) == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("detections", np.array([0, 2, 1])),
        ("detections", np.array([0, 10**9])),
        ("truths", np.array([1, 2, 3])),
        ("overlaps", np.zeros(3)),
        ("crowd", np.zeros(1, bool)),
        ("truths_outside", np.zeros((7, 2), bool)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(name: str, value: np.ndarray) -> None:
    with pytest.raises(ValueError):
        match(drawn(1)._replace(**{name: value}), THRESHOLDS)
