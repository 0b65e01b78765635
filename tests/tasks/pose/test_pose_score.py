"""COCO average precision of keypoints from tables: cases by hand, and the code of pycocotools."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval, Params

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import KEY, KEYPOINTS
from ahc_stream.tasks.pose import score as pose_score
from ahc_stream.tasks.pose.score import POSES
from tests.tasks.detection.test_detection_score import corners, frames_of
from tests.tasks.score_traits import traits

POSE = tasks.parse("pose")
STATS = ("mAP", "AP50", "AP75", "mAP_medium", "mAP_large", "ar20")
BOX = (100.0, 100.0, 80.0, 160.0)


def points_in(box: tuple[float, ...], count: int = 17) -> np.ndarray:
    """[count, 3]: x, y spread over a box, all visible."""
    generator = np.random.default_rng(1)
    places = np.array(box[:2]) + np.array(box[2:]) * generator.random((count, 2))
    return np.concatenate([places, np.full((count, 1), 2.0)], axis=1)


def shifted(points: np.ndarray, distance: float) -> np.ndarray:
    """The same points, further to the right."""
    return points + np.array([distance, 0, 0])


def label(item: str, box: tuple[float, ...], points: np.ndarray, ignore: bool = False) -> dict[str, Any]:
    key = {"dataset": "d", "item": item, "frame": 0, "track_id": -1, "class_name": "person", "ignore": ignore}
    return key | corners(*box) | {"area": 0.6 * box[2] * box[3], "keypoints": points.ravel().tolist()}


def found(item: str, points: np.ndarray, score: float) -> dict[str, Any]:
    key = {"dataset": "d", "item": item, "frame": 0, "class_id": 0, "class_name": "person", "score": score}
    return key | corners(*BOX) | {"keypoints": points.ravel().tolist()}


def tables(predictions: list[dict], labels: list[dict], items: str) -> tuple[pa.Table, pa.Table, pa.Table]:
    predicted = pa.Table.from_pylist(predictions, pa.schema([*KEY, *POSES]))
    return predicted, pa.Table.from_pylist(labels, KEYPOINTS), frames_of(*items)


def score(predictions: list[dict], labels: list[dict], items: str = "a") -> dict[str, float]:
    return tasks.score(POSE, *tables(predictions, labels, items))


@pytest.mark.parametrize(("area", "distances"), [(0.6 * BOX[2] * BOX[3], (1, 4, 9, 20)), (0.0, (4e-10, 8e-10, 1.6e-9))])
def test_the_similarity_is_that_of_the_definition(area: float, distances: tuple[float, ...]) -> None:
    """Every keypoint one distance away, so that OKS is the mean of exp(-d^2 / (8 area sigma^2)). To an area pycocotools
    adds 2^-52."""
    points = points_in(BOX)
    for distance in distances:
        moved = shifted(points, distance)
        similarity = np.exp(-(distance**2) / (8 * (area + 2**-52) * pose_score.COCO_SIGMAS**2)).mean()
        values = score([found("a", moved, 0.9)], [label("a", BOX, points) | {"area": area}])
        assert values["mAP"] == pytest.approx(np.mean(similarity >= np.linspace(0.5, 0.95, 10)))


def test_the_sigmas_are_those_of_pycocotools() -> None:
    theirs = Params(iouType="keypoints").kpt_oks_sigmas
    np.testing.assert_allclose(pose_score.COCO_SIGMAS, theirs, rtol=1e-12)


def test_unlabelled_keypoints_are_not_compared() -> None:
    points = points_in(BOX)
    points[3:, 2] = 0
    moved = points.copy()
    moved[3:, :2] += 500
    assert score([found("a", moved, 0.9)], [label("a", BOX, points)])["mAP"] == 1


def test_an_object_without_a_labelled_keypoint_is_not_to_be_found_and_not_held_against_whoever_finds_it() -> None:
    points, nothing = points_in(BOX), points_in(BOX) * [1, 1, 0]
    away = (400.0, 200.0, 80.0, 160.0)
    predictions = [found("a", points_in(away), 0.95), found("a", points, 0.9)]
    assert score(predictions, [label("a", BOX, points), label("a", away, nothing)])["mAP"] == 1
    assert score(predictions, [label("a", BOX, points)])["mAP"] == 0.5
    assert score(predictions, [label("a", away, nothing)]) == {}


def test_keypoints_of_another_number_are_refused() -> None:
    with pytest.raises(InvalidValue, match="5 and 17"):
        score([found("a", points_in(BOX, 5), 0.9)], [label("a", BOX, points_in(BOX))])


def test_of_other_keypoints_all_have_the_same_sigma() -> None:
    points = points_in(BOX, 5)
    similarity = np.exp(-(15.0**2) / (8 * 0.6 * BOX[2] * BOX[3] * 0.2**2))
    values = score([found("a", shifted(points, 15), 0.9)], [label("a", BOX, points)])
    assert values["mAP"] == pytest.approx(np.mean(similarity >= np.linspace(0.5, 0.95, 10)))


def random_tables(items: str, many: int) -> tuple[list[dict], list[dict]]:
    """People of all sizes, some crowds and some without a labelled keypoint; poses near them and anywhere."""
    generator = np.random.default_rng(4)
    labels, predictions = [], []
    for _ in range(many):
        size = generator.choice([20, 60, 250])
        box = (*generator.uniform(0, 400, 2), size * generator.uniform(0.5, 1), size * generator.uniform(0.5, 1.5))
        points = points_in(box)
        points[:, :2] += generator.normal(0, size / 20, (17, 2))
        points[:, 2] = generator.integers(0, 3, 17) * (generator.random() < 0.8)
        item = str(generator.choice(list(items)))
        labels.append(label(item, box, points, generator.random() < 0.1))
        noise = generator.normal(0, size * generator.choice([0.01, 0.05, 0.2]), (17, 3)) * [1, 1, 0]
        predictions.append(found(item, points + noise, generator.random()))
        elsewhere = (*generator.uniform(0, 400, 2), size, size)
        predictions.append(found(str(generator.choice(list(items))), points_in(elsewhere), generator.random()))
    return predictions, labels


def coco_json(rows: list[dict], items: str) -> dict[str, Any]:
    annotations = []
    for number, row in enumerate(rows, start=1):
        points = np.array(row["keypoints"]).reshape(-1, 3)
        sides = points[:, :2].max(0) - points[:, :2].min(0)
        annotations.append(
            {
                "id": number,
                "image_id": 1 + items.index(row["item"]),
                "category_id": 1,
                "keypoints": row["keypoints"],
                "num_keypoints": int((points[:, 2] > 0).sum()),
                "bbox": [row["x1"], row["y1"], row["x2"] - row["x1"], row["y2"] - row["y1"]],
                "area": row.get("area", float(sides.prod())),
                "iscrowd": int(row.get("ignore", False)),
                "score": row.get("score", 1.0),
            }
        )
    images = [{"id": number} for number in range(1, len(items) + 1)]
    return {"images": images, "categories": [{"id": 1, "name": "person"}], "annotations": annotations}


def pycocotools(predictions: list[dict], labels: list[dict], items: str) -> list[float]:
    truth, detections = COCO(), COCO()
    truth.dataset, detections.dataset = coco_json(labels, items), coco_json(predictions, items)
    truth.createIndex(), detections.createIndex()
    evaluation = COCOeval(truth, detections, "keypoints")
    evaluation.evaluate(), evaluation.accumulate(), evaluation.summarize()
    return list(evaluation.stats[:6])


@pytest.mark.parametrize(("items", "many"), [("ab", 80), ("abcdefghij", 60)])
def test_values_are_those_of_pycocotools(items: str, many: int) -> None:
    """In two images there are more than the twenty objects that count."""
    predictions, labels = random_tables(items, many)
    values = score(predictions, labels, items)
    assert 0.03 < values["mAP"] < 0.95 and not any(math.isnan(values[name]) for name in STATS)
    assert [values[name] for name in STATS] == pytest.approx(pycocotools(predictions, labels, items), abs=1e-9)
    assert set(values) == {*STATS, "ap_person"}


def test_predictions_become_labels_with_the_keypoints_that_are_seen() -> None:
    points = points_in(BOX)
    points[:, 2] = np.linspace(0, 1, 17)
    table = pa.Table.from_pylist([found("a", points, 0.9), found("b", points, 0.2)], pa.schema([*KEY, *POSES]))
    labels = tasks.as_labels(POSE, table)
    assert labels.schema == KEYPOINTS and labels["item"].to_pylist() == ["a"]
    seen = np.array(labels["keypoints"][0].as_py()).reshape(-1, 3)
    assert np.array_equal(seen[:, :2], points[:, :2]) and seen[:, 2].tolist() == [0] * 8 + [2] * 9
    assert labels["area"].to_pylist() == [pytest.approx(0.53 * BOX[2] * BOX[3])]
    assert tasks.score(POSE, table, labels, frames_of("a", "b"))["mAP"] == 1


def test_no_predictions_become_no_labels() -> None:
    empty = pa.schema([*KEY, *POSES]).empty_table()
    assert len(tasks.as_labels(POSE, empty)) == 0
    assert score([], [label("a", BOX, points_in(BOX))])["mAP"] == 0


def test_its_scores_are_described() -> None:
    named = traits(pose_score.SCORES)
    assert {"mAP", "ar20"} <= set(named) and "mAP_small" not in named and "headline" in named["mAP"]
