"""Average precision is what its definition gives, draw by draw, and the same alone as among other draws."""

from __future__ import annotations

import numpy as np
import pytest

from ahc_stream.kernels.average_precision import EVERYWHERE, RECALLS, AveragePrecision, BoxesToFind, RankedBoxes

IMAGES, CLASSES, AREAS, THRESHOLDS = 23, 4, 2, 3


def drawn(seed: int) -> tuple[RankedBoxes, BoxesToFind]:
    """Boxes whose hits at a higher threshold are hits at a lower one too, most of them false everywhere."""
    random = np.random.default_rng(seed)
    boxes = random.integers(0, 60, CLASSES) * (random.random(CLASSES) < 0.8)
    count, curves = int(boxes.sum()), AREAS * THRESHOLDS
    is_hit = random.random((count, curves)) < random.choice([0.02, 0.5], (count, 1))
    is_ignored = ~is_hit & (random.random((count, curves)) < random.choice([0.0, 0.3, 1.0], (count, 1)))
    places = 1 << np.arange(curves, dtype=np.uint64)
    starts = np.append(0, np.cumsum(boxes))
    image = random.integers(0, IMAGES, count)
    found = RankedBoxes(starts, image, (is_hit * places).sum(axis=1, dtype=np.uint64),
                        (is_ignored * places).sum(axis=1, dtype=np.uint64))  # fmt: skip
    return found, enough_to_find(found, is_hit, random)


def enough_to_find(found: RankedBoxes, is_hit: np.ndarray, random: np.random.Generator) -> BoxesToFind:
    """At least as many boxes in each image as are hit there at any threshold of the area."""
    number = np.repeat(np.arange(CLASSES), np.diff(found.starts))
    labels = random.integers(0, 2, (CLASSES, IMAGES, AREAS))
    for area in range(AREAS):
        hit = is_hit[:, area * THRESHOLDS : (area + 1) * THRESHOLDS].any(axis=1)
        np.add.at(labels[:, :, area], (number[hit], found.image[hit]), 1)
    labels[random.integers(CLASSES)] *= random.integers(2)  # a class that may have nothing to find
    rows = np.array([(c, i) for c in range(CLASSES) for i in range(IMAGES)])
    return BoxesToFind(rows[:, 0].copy(), rows[:, 1].copy(), labels.reshape(-1, AREAS).astype(np.int32))


def by_definition(found: RankedBoxes, to_find: BoxesToFind, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[classes, areas, thresholds] twice, of one draw."""
    precision, recall = np.full((2, CLASSES, AREAS, THRESHOLDS), np.nan)
    for c, area in np.ndindex(CLASSES, AREAS):
        of_class = to_find.class_number == c
        labels = (weights[to_find.image] * to_find.boxes[:, area])[of_class].sum()
        boxes = slice(found.starts[c], found.starts[c + 1])
        weight = weights[found.image[boxes]]
        for threshold in range(THRESHOLDS if labels > 0 else 0):
            bit = np.uint64(area * THRESHOLDS + threshold)
            hit, ignored = ((bits[boxes] >> bit & np.uint64(1)).astype(bool) for bits in (found.hits, found.ignored))
            true, false = np.cumsum(weight * hit), np.cumsum(weight * (~hit & ~ignored))
            counts = hit & (weight > 0)
            reached, kept = true[counts] / labels, true[counts] / (true + false)[counts]
            best = [kept[reached >= level].max(initial=0) for level in RECALLS]
            precision[c, area, threshold] = sum(reversed(best)) / len(RECALLS)
            recall[c, area, threshold] = reached[-1] if counts.any() else 0
    return precision, recall


def draws_of(seed: int, count: int) -> np.ndarray:
    draws = np.random.default_rng(seed).multinomial(IMAGES, np.full(IMAGES, 1 / IMAGES), count).astype(np.float64)
    draws[0] = 1
    return draws


@pytest.mark.parametrize("seed", range(30))
def test_precision_and_recall_are_those_of_the_definition_to_the_last_bit(seed: int) -> None:
    found, to_find = drawn(seed)
    draws = draws_of(seed, 11)
    measured = AveragePrecision(found, to_find, THRESHOLDS, IMAGES)(draws)
    defined = [by_definition(found, to_find, weights) for weights in draws]
    for ours, theirs in zip(measured, zip(*defined, strict=True), strict=True):
        np.testing.assert_array_equal(ours, np.stack(theirs))


def area_by_definition(found: RankedBoxes, to_find: BoxesToFind, weights: np.ndarray, c: int, bit: int) -> float:
    """The area below the curve of one class, by its steps."""
    of_class = to_find.class_number == c
    labels = (weights[to_find.image] * to_find.boxes[:, bit // THRESHOLDS])[of_class].sum()
    boxes = slice(found.starts[c], found.starts[c + 1])
    weight = weights[found.image[boxes]]
    hit, ignored = ((bits[boxes] >> np.uint64(bit) & np.uint64(1)).astype(bool) for bits in (found.hits, found.ignored))
    true, all_found = np.cumsum(weight * hit), np.cumsum(weight * ~ignored)
    if not labels > 0:
        return float("nan")
    recall, precision = np.append(0, true / labels), np.divide(true, all_found, out=np.zeros(len(true)), where=true > 0)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float((np.diff(recall) * best).sum())


@pytest.mark.parametrize("seed", range(10))
def test_everywhere_is_the_area_below_the_curve(seed: int) -> None:
    found, to_find = drawn(seed)
    draws = draws_of(seed, 11)
    curves = AveragePrecision(found, to_find, THRESHOLDS, IMAGES)
    measured, recall = curves(draws, recalls=EVERYWHERE)
    for d, c, area, threshold in np.ndindex(measured.shape):
        defined = area_by_definition(found, to_find, draws[d], c, area * THRESHOLDS + threshold)
        assert measured[d, c, area, threshold] == pytest.approx(defined, abs=1e-12, nan_ok=True)
    np.testing.assert_array_equal(recall, curves(draws)[1])


def test_recalls_may_be_others() -> None:
    """Of one box of two found first: precision 1 up to recall 0.5, which 6 of 11 recalls and 51 of 101 are."""
    one = np.ones(1, np.uint64)
    found = RankedBoxes(np.array([0, 1]), np.zeros(1, np.int64), one, 0 * one)
    to_find = BoxesToFind(np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([[2]], np.int32))
    curves = AveragePrecision(found, to_find, 1, 1)
    asked = (np.linspace(0, 1, 11), RECALLS, EVERYWHERE)
    values = [curves(np.ones((1, 1)), recalls=recalls)[0].item() for recalls in asked]
    assert values == pytest.approx([6 / 11, 51 / 101, 1 / 2])


def test_a_draw_depends_neither_on_those_beside_it_nor_on_threads() -> None:
    curves, draws = AveragePrecision(*drawn(3), THRESHOLDS, IMAGES), draws_of(3, 37)
    together, alone = curves(draws, threads=3), [curves(draws[i : i + 1], threads=1) for i in range(len(draws))]
    for of_all, of_each in zip(together, zip(*alone, strict=True), strict=True):
        np.testing.assert_array_equal(of_all, np.concatenate(of_each))


@pytest.mark.parametrize("labels", range(1, 200, 7))
def test_every_recall_that_is_reached_counts(labels: int) -> None:
    """`labels` boxes, all found, first one by one and then all: the recall k / labels is reached by the k-th."""
    count = np.arange(labels)
    found = RankedBoxes(np.array([0, labels]), count, np.ones(labels, np.uint64), np.zeros(labels, np.uint64))
    to_find = BoxesToFind(np.zeros(labels, np.int64), count, np.ones((labels, 1), np.int32))
    half = found._replace(hits=(count < (labels + 1) // 2).astype(np.uint64))
    one = np.ones((1, labels))
    assert AveragePrecision(found, to_find, 1, labels)(one)[0].item() == 1
    reached = (labels + 1) // 2 / labels
    assert AveragePrecision(half, to_find, 1, labels)(one)[0].item() == np.count_nonzero(reached >= RECALLS) / 101


def test_where_no_weight_is_nothing_is_defined() -> None:
    precision, recall = AveragePrecision(*drawn(1), THRESHOLDS, IMAGES)(np.zeros((1, IMAGES)))
    assert np.isnan(precision).all() and np.isnan(recall).all()


def test_arrays_that_do_not_fit_are_refused() -> None:
    found, to_find = drawn(0)
    wrong = [
        (found._replace(starts=found.starts + 1), to_find),
        (found._replace(image=found.image + IMAGES), to_find),
        (found._replace(hits=found.hits[:-1]), to_find),
        (found, to_find._replace(class_number=to_find.class_number + CLASSES)),
        (found, to_find._replace(image=to_find.image - 1)),
        (found, to_find._replace(boxes=to_find.boxes[1:])),
    ]
    for boxes, labels in wrong:
        with pytest.raises(ValueError):
            AveragePrecision(boxes, labels, THRESHOLDS, IMAGES)
    with pytest.raises(ValueError):
        AveragePrecision(found, to_find, 32, IMAGES)
    with pytest.raises(ValueError):
        AveragePrecision(found, to_find, THRESHOLDS, IMAGES)(np.ones((1, IMAGES + 1)))
