"""COCO average precision from tables: cases worked out by hand, and the code of pycocotools and faster-coco-eval."""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ahc_stream import tasks
from ahc_stream.core.labels import BOXES, KEY
from ahc_stream.tasks import units
from ahc_stream.tasks.detection import match as detection_match
from ahc_stream.tasks.detection import score as detection_score
from ahc_stream.tasks.detection.score import DETECTIONS
from tests.tasks.score_traits import traits

FRAMES = pa.schema([*KEY, ("width", pa.int32()), ("height", pa.int32())])


def frames_of(*items: str) -> pa.Table:
    size = {"width": 640, "height": 480}
    return pa.Table.from_pylist([{"dataset": "d", "item": item, "frame": 0} | size for item in items], FRAMES)


def corners(x: float, y: float, width: float, height: float) -> dict[str, float]:
    return {"x1": x, "y1": y, "x2": x + width, "y2": y + height}


def label(item: str, box: tuple[float, ...], name: str = "person", ignore: bool = False, share: float = 1) -> dict:
    """`share` of the box is the object's mask."""
    key = {"dataset": "d", "item": item, "frame": 0, "track_id": -1}
    return key | corners(*box) | {"class_name": name, "ignore": ignore, "area": share * box[2] * box[3]}


def found(item: str, box: tuple[float, ...], score: float, name: str = "person") -> dict:
    key = {"dataset": "d", "item": item, "frame": 0, "class_id": 0}
    return key | corners(*box) | {"score": score, "class_name": name}


DETECTION = tasks.parse("detection")


def tables_of(predictions: list[dict], labels: list[dict], items: str = "ab") -> tuple[pa.Table, pa.Table, pa.Table]:
    predicted = pa.Table.from_pylist(predictions, pa.schema([*KEY, *DETECTIONS]))
    return predicted, pa.Table.from_pylist(labels, BOXES), frames_of(*items)


def score(predictions: list[dict], labels: list[dict], items: str = "ab") -> dict[str, float]:
    return tasks.score(DETECTION, *tables_of(predictions, labels, items))


BOX, FAR = (10, 10, 40, 50), (200, 200, 40, 50)


def test_the_exact_box_scores_one():
    values = score([found("a", BOX, 0.9)], [label("a", BOX)])
    assert {name: value for name, value in values.items() if not math.isnan(value)} == pytest.approx(
        {"mAP": 1, "AP50": 1, "AP75": 1, "mAP_medium": 1, "ar100": 1, "ap_person": 1}
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


def _random_tables(items: str = "ab", many: int = 60) -> tuple[list[dict], list[dict]]:
    """Labels of three classes, some to ignore, of all sizes; predictions near them and anywhere."""
    draw = random.Random(4)

    def box() -> tuple[float, ...]:
        size = draw.choice([12, 60, 200])
        return draw.uniform(0, 500), draw.uniform(0, 500), size * draw.uniform(0.7, 1.4), size * draw.uniform(0.7, 1.4)

    labels = [
        label(draw.choice(items), box(), draw.choice(NAMES), draw.random() < 0.2, draw.uniform(0.3, 1))
        for _ in range(many)
    ]
    predictions = []
    for row in labels * 2:
        x, y, w, h = row["x1"], row["y1"], row["x2"] - row["x1"], row["y2"] - row["y1"]
        near = (x + draw.uniform(-0.2, 0.2) * w, y + draw.uniform(-0.2, 0.2) * h, w * draw.uniform(0.8, 1.2), h)
        predictions.append(found(row["item"], near, draw.random(), row["class_name"]))
        predictions.append(found(draw.choice(items), box(), draw.random(), draw.choice(NAMES)))
    return predictions, labels


NAMES = ["bus", "dog", "person"]


def _coco(rows: list[dict], items: str) -> dict:
    """The rows in the layout of COCO's JSON."""
    return {
        "images": [{"id": n} for n in range(1, len(items) + 1)],
        "categories": [{"id": n, "name": name} for n, name in enumerate(NAMES)],
        "annotations": [
            {
                "id": n,
                "image_id": 1 + items.index(row["item"]),
                "category_id": NAMES.index(row["class_name"]),
                "bbox": [row["x1"], row["y1"], row["x2"] - row["x1"], row["y2"] - row["y1"]],
                "area": row.get("area", (row["x2"] - row["x1"]) * (row["y2"] - row["y1"])),
                "iscrowd": int(row.get("ignore", False)),
                "score": row.get("score", 1.0),
            }
            for n, row in enumerate(rows, start=1)
        ],
    }


def _pycocotools(predictions: list[dict], labels: list[dict], items: str) -> list[float]:
    coco = pytest.importorskip("pycocotools.coco")  # for tests only: skipped where absent
    from pycocotools.cocoeval import COCOeval

    truth, detections = coco.COCO(), coco.COCO()
    truth.dataset, detections.dataset = _coco(labels, items), _coco(predictions, items)
    truth.createIndex(), detections.createIndex()
    return _stats(COCOeval(truth, detections, "bbox"))


def _faster_coco_eval(predictions: list[dict], labels: list[dict], items: str) -> list[float]:
    from faster_coco_eval import COCO, COCOeval_faster

    return _stats(COCOeval_faster(COCO(_coco(labels, items)), COCO(_coco(predictions, items)), "bbox"))


def _stats(evaluation: Any) -> list[float]:
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return [evaluation.stats[n] for n in (0, 1, 2, 3, 4, 5, 8)]


STATS = ("mAP", "AP50", "AP75", "mAP_small", "mAP_medium", "mAP_large", "ar100")


@pytest.mark.parametrize("peer", [_pycocotools, _faster_coco_eval])
@pytest.mark.parametrize(("items", "many"), [("ab", 60), ("ab", 500), ("abcdefghij", 60)])
def test_values_are_those_of_other_evaluations(peer, items: str, many: int):
    """With 500 labels there are more boxes of a class in an image than the hundred that count."""
    predictions, labels = _random_tables(items, many)
    values = score(predictions, labels, items)
    assert 0.03 < values["mAP"] < 0.95 and not any(math.isnan(values[name]) for name in STATS)
    assert [values[name] for name in STATS] == pytest.approx(peer(predictions, labels, items), abs=1e-9)


def test_boxes_that_are_apart_share_nothing_however_small_they_are():
    assert score([found("a", (0, 0, 0.8, 0.8), 0.9)], [label("a", (50, 50, 0.8, 0.8))])["mAP"] == 0


def test_an_area_is_that_of_the_mask():
    """A box of 40 x 50 whose object covers half: below 32^2, so small."""
    assert score([found("a", BOX, 0.9)], [label("a", BOX, share=0.5)])["mAP_small"] == pytest.approx(1)
    assert score([found("a", BOX, 0.9)], [label("a", BOX, share=0.6)])["mAP_medium"] == pytest.approx(1)


def test_an_image_of_weight_two_counts_as_two_and_of_none_not_at_all():
    predictions, labels = _random_tables("abcd")
    tally = tasks.tally(DETECTION, *tables_of(predictions, labels, "abcd"))
    items = units.of(tally)["item"].to_pylist()
    scores = detection_score.scores(tally)

    def again(rows: list[dict]) -> list[dict]:
        return [row for row in rows if row["item"] in "bcd"] + [
            row | {"item": "e"} for row in rows if row["item"] == "c"
        ]

    weighted = scores(np.array([{"a": 0, "c": 2}.get(item, 1) for item in items]))
    assert weighted == pytest.approx(score(again(predictions), again(labels), "bcde"), abs=1e-12)
    assert scores(np.full(4, 0.25)) == pytest.approx(scores(None), abs=1e-12)


def test_draws_have_the_same_scores_together_as_each_alone():
    predictions, labels = _random_tables("abcdefghij")
    scores = detection_score.scores(tasks.tally(DETECTION, *tables_of(predictions, labels, "abcdefghij")))
    draws = np.random.default_rng(0).multinomial(10, np.full(10, 0.1), 25).astype(np.float64)
    together = tasks.of_draws(scores, draws, scores(None))
    for number, draw in enumerate(draws):
        np.testing.assert_equal({name: values[number] for name, values in together.items()}, scores(draw))
    assert all(np.isnan(values[0]) for values in tasks.of_draws(scores, np.zeros((1, 10)), scores(None)).values())


def test_a_class_of_which_no_drawn_image_has_a_label_is_left_out():
    labels = [label("a", BOX), label("b", FAR, name="bus")]
    tally = tasks.tally(DETECTION, *tables_of([found("a", BOX, 0.9)], labels))
    values = detection_score.scores(tally)(np.array([3, 0]))
    assert values["mAP"] == values["ap_person"] == 1 and math.isnan(values["ap_bus"])
    assert all(math.isnan(value) for value in detection_score.scores(tally)(np.zeros(2)).values())


def test_every_image_has_a_row_also_the_one_with_nothing_in_it():
    tally = tasks.tally(DETECTION, *tables_of([found("a", BOX, 0.9)], [label("a", BOX)], "cab"))
    assert units.of(tally)["item"].to_pylist() == ["a", "b", "c"] and tally.schema == detection_match.TALLY


def test_outcomes_are_per_image_of_the_boxes_a_viewer_would_see():
    """a: one of two labels found, one false box; b: found, but too unsure to be said; c: nothing and nothing."""
    predictions = [
        found("a", BOX, 0.9),
        found("a", (400, 400, 40, 50), 0.25),
        found("a", BOX, 0.24),
        found("b", BOX, 0.1),
    ]
    labels = [label("a", BOX), label("a", FAR), label("b", BOX), label("a", (0, 300, 90, 90), ignore=True)]
    predictions.append(found("a", (10, 310, 20, 20), 0.9))  # inside the region to ignore
    tally = tasks.tally(DETECTION, *tables_of(predictions, labels, "abc"))
    rows = detection_score.outcomes(tally).to_pylist()
    assert [(row["item"], row["f1"], row["found"]) for row in rows] == [
        ("a", 0.5, 1.0),
        ("b", 0.0, 0.0),
        ("c", 1.0, 0.0),
    ]


def test_predictions_become_labels_where_they_are_sure_each_box_once():
    boxes = [found("a", BOX, 0.3, "bus"), found("a", BOX, 0.8, "dog"), found("b", BOX, 0.25), found("a", FAR, 0.24)]
    table = detection_score.as_labels(pa.Table.from_pylist(boxes, pa.schema([*KEY, *DETECTIONS])))
    kept = [label("a", BOX, "dog"), label("b", BOX, "person")]
    assert table.schema == BOXES and table.to_pylist() == kept
    assert detection_score.as_labels(pa.Table.from_pylist(boxes[::-1], pa.schema([*KEY, *DETECTIONS]))) == table.take(
        [1, 0]
    )


@pytest.mark.parametrize(("side", "sizes"), [(32, ("small", "medium")), (96, ("medium", "large"))])
def test_a_box_on_the_edge_of_two_sizes_is_of_both(side: int, sizes: tuple[str, str]) -> None:
    """The label, which is found, and a false box of a higher score: ignored at a size, that would leave 1."""
    edge, far = (10, 10, side, side), (200, 200, side, side)
    values = score([found("a", edge, 0.8), found("a", far, 0.9)], [label("a", edge)])
    of_sizes = {size: values[f"mAP_{size}"] for size in ("small", "medium", "large")}
    assert {size for size, value in of_sizes.items() if not math.isnan(value)} == set(sizes)
    assert [of_sizes[size] for size in sizes] == pytest.approx([0.5, 0.5])


def test_what_a_report_is_told_of_the_scores() -> None:
    others = dict.fromkeys(("AP75", "mAP_small", "mAP_medium", "mAP_large", "ar100"), "share")
    headline = dict.fromkeys(("mAP", "AP50"), "headline, share")
    assert traits(detection_score.SCORES) == headline | others | {"ap_": "share, per class"}
