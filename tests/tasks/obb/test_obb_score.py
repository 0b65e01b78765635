"""Average precision of oriented boxes from tables: cases by hand, and DOTA's rule read object by object."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from shapely.geometry import Polygon

from ahc_stream import tasks
from ahc_stream.core.labels import KEY, ORIENTED_BOXES
from ahc_stream.tasks import units
from ahc_stream.tasks.obb import score as obb_score
from ahc_stream.tasks.obb.score import ORIENTED_DETECTIONS
from tests.tasks.detection.test_detection_score import frames_of
from tests.tasks.score_traits import traits

OBB = tasks.parse("obb")
NAMES = ["plane", "ship"]
ITEMS = "abcdef"
Corners = list[float]


def turned(x: float, y: float, width: float, height: float, degrees: float = 0) -> Corners:
    """Corners of a rectangle by its centre."""
    angle = np.deg2rad(degrees)
    along = np.array([np.cos(angle), np.sin(angle)]) * width / 2
    aside = np.array([-np.sin(angle), np.cos(angle)]) * height / 2
    corners = np.array([x, y]) + np.stack([-along - aside, along - aside, along + aside, -along + aside])
    return corners.ravel().tolist()


def around(corners: Corners) -> dict[str, float]:
    return {"x1": min(corners[::2]), "y1": min(corners[1::2]), "x2": max(corners[::2]), "y2": max(corners[1::2])}


def label(item: str, corners: Corners, name: str = "plane", ignore: bool = False) -> dict[str, Any]:
    key = {"dataset": "d", "item": item, "frame": 0, "track_id": -1, "class_name": name, "ignore": ignore}
    return key | around(corners) | {"area": Polygon(np.reshape(corners, (4, 2))).area, "corners": corners}


def found(item: str, corners: Corners, score: float, name: str = "plane") -> dict[str, Any]:
    key = {"dataset": "d", "item": item, "frame": 0, "class_id": 0, "class_name": name, "score": score}
    return key | around(corners) | {"corners": corners}


def tables(predictions: list[dict], labels: list[dict], items: str) -> tuple[pa.Table, pa.Table, pa.Table]:
    predicted = pa.Table.from_pylist(predictions, pa.schema([*KEY, *ORIENTED_DETECTIONS]))
    return predicted, pa.Table.from_pylist(labels, ORIENTED_BOXES), frames_of(*items)


def score(predictions: list[dict], labels: list[dict], items: str = "a") -> dict[str, float]:
    return tasks.score(OBB, *tables(predictions, labels, items))


def random_tables(seed: int, count: int = 60) -> tuple[list[dict], list[dict]]:
    """Crowded labels, a fifth of them difficult, and predictions near them, near others and twice."""
    random = np.random.default_rng(seed)
    predictions, labels = [], []
    for _ in range(count):
        item, name = str(random.choice(list(ITEMS[:-1]))), str(random.choice(NAMES))
        x, y, width, height, degrees = random.uniform([10, 10, 8, 8, 0], [60, 60, 120, 40, 180])
        labels.append(label(item, turned(x, y, width, height, degrees), name, bool(random.random() < 0.2)))
        for _ in range(random.integers(0, 4)):
            near = turned(*(np.array([x, y, width, height, degrees]) + random.normal(0, 2, 5)))
            predictions.append(found(item, near, float(random.random()), name))
    return predictions, labels


def by_the_rule(predictions: list[dict], labels: list[dict], name: str, threshold: float) -> tuple[float, float]:
    """Area below the curve and the mean at eleven recalls of one class."""
    true = [row for row in labels if row["class_name"] == name]
    taken: set[int] = set()
    hits, misses = [], []
    for row in sorted((row for row in predictions if row["class_name"] == name), key=lambda row: -row["score"]):
        overlaps = {i: overlap_of(row, other) for i, other in enumerate(true) if other["item"] == row["item"]}
        best = max(overlaps, key=lambda i: overlaps[i], default=None)
        is_near = best is not None and overlaps[best] > threshold
        if is_near and true[best]["ignore"]:
            hits.append(0)
            misses.append(0)
            continue
        is_hit = is_near and best not in taken
        taken |= {best} if is_hit else set()
        hits.append(int(is_hit))
        misses.append(int(not is_hit))
    recall = np.cumsum(hits) / sum(not row["ignore"] for row in true)
    precision = np.cumsum(hits) / np.maximum(np.cumsum(hits) + np.cumsum(misses), 1e-16)
    best_from = np.maximum.accumulate(precision[::-1])[::-1]
    area = float((np.diff(np.append(0, recall)) * best_from).sum())
    at_eleven = [precision[recall >= level].max(initial=0) for level in np.linspace(0, 1, 11)]
    return area, float(np.mean(at_eleven))


def overlap_of(row: dict, other: dict) -> float:
    one, two = (Polygon(np.reshape(each["corners"], (4, 2))) for each in (row, other))
    return one.intersection(two).area / one.union(two).area


@pytest.mark.parametrize("seed", range(4))
def test_scores_are_those_of_dotas_rule(seed: int) -> None:
    predictions, labels = random_tables(seed)
    values = score(predictions, labels, ITEMS)
    thresholds = np.linspace(0.5, 0.95, 10)
    defined = np.array([[by_the_rule(predictions, labels, name, level) for level in thresholds] for name in NAMES])
    area, eleven = defined[..., 0], defined[..., 1]
    assert [values[f"ap_{name}"] for name in NAMES] == pytest.approx(area[:, 0])
    assert values["AP50"] == pytest.approx(area[:, 0].mean())
    assert values["AP50_voc07"] == pytest.approx(eleven[:, 0].mean())
    assert values["AP75"] == pytest.approx(area[:, 5].mean())
    assert values["mAP"] == pytest.approx(area.mean())
    assert 0.2 < values["mAP"] < values["AP50"] < 1


def test_an_image_of_weight_two_is_two_images() -> None:
    predictions, labels = random_tables(9)
    double = [row | {"item": "z"} for row in predictions if row["item"] == "a"]
    double_labels = [row | {"item": "z"} for row in labels if row["item"] == "a"]
    tally = tasks.tally(OBB, *tables(predictions, labels, ITEMS))
    weights = (np.array(units.of(tally)["item"].to_pylist()) == "a") + 1.0
    twice = score(predictions + double, labels + double_labels, ITEMS + "z")
    assert obb_score.scores(tally)(weights) == pytest.approx(twice, nan_ok=True)


def test_the_angle_counts() -> None:
    """A rectangle across another one, as upright boxes the same: their overlap is a seventh."""
    one, across = turned(50, 50, 40, 10, 45), turned(50, 50, 40, 10, -45)
    assert score([found("a", one, 0.9)], [label("a", one)])["mAP"] == 1
    assert score([found("a", across, 0.9)], [label("a", one)])["AP50"] == 0


def test_who_comes_second_to_an_object_is_false_though_another_one_is_near() -> None:
    """COCO would give the second prediction the other label, which it overlaps by 0.6."""
    first, other = turned(50, 50, 40, 40), turned(60, 50, 40, 40)
    predictions = [found("a", first, 0.9), found("a", turned(52, 50, 40, 40), 0.8)]
    values = score(predictions, [label("a", first), label("a", other)])
    assert values["AP50"] == pytest.approx(0.5)


def test_a_difficult_object_counts_neither_for_nor_against() -> None:
    easy, difficult = turned(30, 30, 20, 10, 30), turned(80, 80, 20, 10, 60)
    labels = [label("a", easy), label("a", difficult, ignore=True)]
    easy_found, both = [found("a", easy, 0.5)], [found("a", difficult, 0.9), found("a", easy, 0.5)]
    assert score(easy_found, labels)["mAP"] == score(both, labels)["mAP"] == 1
    assert score(both, [label("a", easy)])["AP50"] == 0.5
    assert score(both, labels[1:]) == {}


def test_an_overlap_of_the_threshold_is_not_enough() -> None:
    half = [found("a", turned(50, 50, 20, 20), 0.9)]
    assert score(half, [label("a", turned(50, 50, 40, 20))])["AP50"] == 0
    assert score(half, [label("a", turned(50, 50, 39, 20))])["AP50"] == 1


def test_every_object_counts_however_many_there_are() -> None:
    many = [turned(10 + 12 * (n % 20), 10 + 12 * (n // 20), 8, 4, n) for n in range(150)]
    predictions = [found("a", corners, 0.5 + number / 1000) for number, corners in enumerate(many)]
    assert score(predictions, [label("a", corners) for corners in many])["mAP"] == pytest.approx(1)


def test_sizes_are_by_the_area_of_outlines() -> None:
    small, large = turned(50, 50, 80, 10, 45), turned(200, 200, 100, 100, 20)  # 800 and 10,000 pixels
    values = score([found("a", small, 0.9)], [label("a", small), label("a", large)])
    assert (values["mAP_small"], values["mAP_large"]) == (1, 0) and np.isnan(values["mAP_medium"])


def test_an_outcome_is_what_was_found_of_an_image() -> None:
    one, other = turned(30, 30, 20, 10, 30), turned(80, 80, 20, 10, 60)
    predictions = [found("a", one, 0.9), found("b", other, 0.1)]
    outcomes = obb_score.outcomes(tasks.tally(OBB, *tables(predictions, [label("a", one), label("b", one)], "ab")))
    assert (outcomes["found"].to_pylist(), outcomes["f1"].to_pylist()) == ([1, 0], [1, 0])


def test_predictions_as_labels_are_all_found_and_moved_ones_are_not() -> None:
    boxes = [turned(50, 50, 40, 10, degrees) for degrees in (0, 40, 90)]
    predictions = [found(item, corners, 0.9) for item, corners in zip("abc", boxes, strict=True)]
    unsure = [found("a", turned(99, 99, 4, 4), 0.2)]
    predicted, _, frames = tables(predictions + unsure, [], "abc")
    labels = tasks.as_labels(OBB, predicted)
    assert labels.schema == ORIENTED_BOXES and labels["area"].to_pylist() == pytest.approx([400] * 3)
    assert tasks.score(OBB, predicted, labels, frames)["mAP"] == 1
    moved = [found(item, turned(50, 50, 40, 10, 70), 0.9) for item in "abc"]
    assert tasks.score(OBB, tables(moved, [], "abc")[0], labels, frames)["AP50"] < 1


def test_nothing_to_find_and_nothing_found() -> None:
    assert score([found("a", turned(5, 5, 4, 4), 0.9)], []) == {}
    assert score([], [label("a", turned(5, 5, 4, 4))])["AP50"] == 0


def test_what_a_report_is_told() -> None:
    assert traits(obb_score.SCORES) == {
        "AP50": "headline, share",
        "AP50_voc07": "share",
        "AP75": "share",
        "mAP": "headline, share",
        "mAP_small": "share",
        "mAP_medium": "share",
        "mAP_large": "share",
        "ap_": "share, per class",
    }
