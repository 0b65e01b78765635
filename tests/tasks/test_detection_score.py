"""COCO average precision from tables: cases worked out by hand, and pycocotools' own code."""

from __future__ import annotations

import math
import random
import sys

import pyarrow as pa
import pytest

from ahc_stream import tasks
from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.labels import BOXES, KEY
from ahc_stream.tasks.detection_score import DETECTIONS


def frames_of(*items: str) -> pa.Table:
    return pa.Table.from_pylist([{"dataset": "d", "item": item, "frame": 0} for item in items], pa.schema(KEY))


def corners(x: float, y: float, width: float, height: float) -> dict[str, float]:
    return {"x1": x, "y1": y, "x2": x + width, "y2": y + height}


def label(item: str, box: tuple[float, ...], name: str = "person", ignore: bool = False) -> dict:
    key = {"dataset": "d", "item": item, "frame": 0, "track_id": -1}
    return key | corners(*box) | {"class_name": name, "ignore": ignore}


def found(item: str, box: tuple[float, ...], score: float, name: str = "person") -> dict:
    key = {"dataset": "d", "item": item, "frame": 0, "class_id": 0}
    return key | corners(*box) | {"score": score, "class_name": name}


def score(predictions: list[dict], labels: list[dict], items: str = "ab") -> dict[str, float]:
    predicted = pa.Table.from_pylist(predictions, pa.schema([*KEY, *DETECTIONS]))
    return tasks.score("detection", predicted, pa.Table.from_pylist(labels, BOXES), frames_of(*items))


BOX, FAR = (10, 10, 40, 50), (200, 200, 40, 50)


def test_the_exact_box_scores_one():
    values = score([found("a", BOX, 0.9)], [label("a", BOX)])
    assert {name: value for name, value in values.items() if not math.isnan(value)} == pytest.approx(
        {"mAP": 1, "AP50": 1, "AP75": 1, "mAP_medium": 1, "ap_person": 1}
    )
    assert math.isnan(values["mAP_small"]) and math.isnan(values["mAP_large"])


def test_a_box_counts_at_the_thresholds_that_its_overlap_reaches():
    """Shifted by 10 of 40 columns: overlap 30 / 50 = 0.6, reached by 0.50, 0.55 and 0.60 of the ten thresholds."""
    values = score([found("a", (20, 10, 40, 50), 0.9)], [label("a", BOX)])
    assert (values["mAP"], values["AP50"], values["AP75"]) == pytest.approx((0.3, 1.0, 0.0))


def test_a_false_box_of_higher_score_halves_the_precision():
    """Ranked false, true, and one of two labels is found: precision 1/2 up to recall 1/2, 51 of the 101 recalls."""
    values = score([found("a", FAR, 0.9), found("a", BOX, 0.8)], [label("a", BOX), label("b", BOX)])
    assert values["mAP"] == pytest.approx(0.5 * 51 / 101)


def test_a_frame_without_predictions_counts():
    labels = [label("a", BOX), label("b", BOX)]
    assert score([found("a", BOX, 0.9)], labels)["mAP"] == pytest.approx(51 / 101)
    assert score([found("a", BOX, 0.9)], labels, items="a")["mAP"] == pytest.approx(1)


def test_a_false_box_in_a_frame_without_labels_counts():
    assert score([found("b", BOX, 0.95), found("a", BOX, 0.9)], [label("a", BOX)])["mAP"] == pytest.approx(0.5)


def test_predictions_and_labels_elsewhere_are_dropped():
    labels = [label("a", BOX), label("elsewhere", BOX)]
    assert score([found("a", BOX, 0.9), found("elsewhere", FAR, 0.95)], labels)["mAP"] == pytest.approx(1)


def test_ignored_regions_count_neither_for_nor_against():
    region = (180, 180, 200, 200)
    labels = [label("a", BOX), label("a", region, ignore=True)]
    both = [found("a", FAR, 0.95), found("a", (300, 300, 30, 30), 0.94), found("a", BOX, 0.9)]
    assert score(both, labels)["mAP"] == pytest.approx(1)
    assert score(both, labels[:1])["mAP"] == pytest.approx(1 / 3)
    assert score([], labels)["mAP"] == 0


def test_classes_without_labels_are_not_scored():
    predictions = [found("a", BOX, 0.9), found("a", FAR, 0.95, name="bus")]
    values = score(predictions, [label("a", BOX), label("a", FAR, name="bus", ignore=True)])
    assert values["mAP"] == values["ap_person"] == pytest.approx(1)
    assert "ap_bus" not in values


def test_the_mean_is_over_classes():
    labels = [label("a", BOX), label("a", FAR, name="bus")]
    values = score([found("a", BOX, 0.9), found("a", BOX, 0.9, name="bus")], labels)
    assert (values["mAP"], values["ap_person"], values["ap_bus"]) == pytest.approx((0.5, 1, 0))


def test_no_detections_score_zero_and_no_labels_score_nothing():
    assert score([], [label("a", BOX)])["mAP"] == 0
    assert score([found("a", BOX, 0.9)], []) == {}
    assert score([found("a", BOX, 0.9)], [label("a", BOX, ignore=True)]) == {}
    assert score([], [label("a", BOX)], items="b") == {}


def test_the_order_of_rows_does_not_matter():
    predictions, labels = _random_tables()
    shuffled = random.Random(5).sample(predictions, len(predictions))
    assert score(shuffled, labels[::-1]) == pytest.approx(score(predictions, labels), nan_ok=True)


def _random_tables() -> tuple[list[dict], list[dict]]:
    """Labels of three classes in two frames, some to ignore, of all sizes; predictions near them and anywhere."""
    draw = random.Random(4)

    def box() -> tuple[float, ...]:
        size = draw.choice([12, 60, 200])
        return draw.uniform(0, 500), draw.uniform(0, 500), size * draw.uniform(0.7, 1.4), size * draw.uniform(0.7, 1.4)

    labels = [
        label(draw.choice("ab"), box(), draw.choice(["person", "bus", "dog"]), draw.random() < 0.2) for _ in range(60)
    ]
    predictions = []
    for row in labels * 2:
        x, y, w, h = row["x1"], row["y1"], row["x2"] - row["x1"], row["y2"] - row["y1"]
        near = (x + draw.uniform(-0.2, 0.2) * w, y + draw.uniform(-0.2, 0.2) * h, w * draw.uniform(0.8, 1.2), h)
        predictions.append(found(row["item"], near, draw.random(), row["class_name"]))
        predictions.append(found(draw.choice("ab"), box(), draw.random(), draw.choice(["person", "bus", "dog"])))
    return predictions, labels


def test_values_are_pycocotools_own():
    coco = pytest.importorskip("pycocotools.coco")  # the original, not among our dependencies: skipped where absent
    from pycocotools.cocoeval import COCOeval

    predictions, labels = _random_tables()
    names = sorted({row["class_name"] for row in labels})

    def dataset(rows: list[dict]) -> coco.COCO:
        made = coco.COCO()
        made.dataset = {
            "images": [{"id": 1}, {"id": 2}],
            "categories": [{"id": n, "name": name} for n, name in enumerate(names)],
            "annotations": [
                {
                    "id": n,
                    "image_id": 1 + "ab".index(row["item"]),
                    "category_id": names.index(row["class_name"]),
                    "bbox": [row["x1"], row["y1"], row["x2"] - row["x1"], row["y2"] - row["y1"]],
                    "area": (row["x2"] - row["x1"]) * (row["y2"] - row["y1"]),
                    "iscrowd": int(row.get("ignore", False)),
                    "score": row.get("score", 1.0),
                }
                for n, row in enumerate(rows, start=1)
            ],
        }
        made.createIndex()
        return made

    evaluation = COCOeval(dataset(labels), dataset(predictions), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    values = score(predictions, labels)
    ours = [values[name] for name in ("mAP", "AP50", "AP75", "mAP_small", "mAP_medium", "mAP_large")]
    assert 0.05 < values["mAP"] < 0.95
    assert ours == pytest.approx(list(evaluation.stats[:6]))


def test_without_faster_coco_eval_the_error_gives_the_install_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "faster_coco_eval", None)
    with pytest.raises(MissingExtra, match=r"pip install 'ahc-stream\[detection\]'"):
        score([], [label("a", BOX)])
