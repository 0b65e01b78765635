"""COCO average precision of masks from tables: cases by hand, and the code of pycocotools."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from ahc_stream import tasks
from ahc_stream.core.labels import KEY, MASKS
from ahc_stream.core.run_lengths import lengths_of, packed
from ahc_stream.tasks import units
from ahc_stream.tasks.segmentation import score as segmentation_score
from ahc_stream.tasks.segmentation.score import SEGMENTS
from tests.tasks.score_traits import traits

SEGMENTATION = tasks.parse("segmentation")
HEIGHT, WIDTH = 90, 120
NAMES = ["cat", "dog"]
STATS = ("mAP", "AP50", "AP75", "mAP_small", "mAP_medium", "mAP_large", "ar100")


def frames_of(items: str, height: int = HEIGHT, width: int = WIDTH) -> pa.Table:
    schema = pa.schema([*KEY, ("width", pa.int32()), ("height", pa.int32())])
    rows = [{"dataset": "d", "item": item, "frame": 0, "width": width, "height": height} for item in items]
    return pa.Table.from_pylist(rows, schema)


def block(x: int, y: int, width: int, height: int) -> np.ndarray:
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y : y + height, x : x + width] = True
    return mask


def of_mask(mask: np.ndarray) -> dict[str, Any]:
    """Box, area and run lengths."""
    rows, columns = np.nonzero(mask) if mask.any() else (np.zeros(1, int), np.zeros(1, int))
    corners = {"x1": columns.min(), "y1": rows.min(), "x2": columns.max() + 1, "y2": rows.max() + 1}
    size = {"height": mask.shape[0], "width": mask.shape[1]}
    return {**corners, **size, "mask": packed(lengths_of(mask))}


def label(item: str, mask: np.ndarray, name: str = "cat", ignore: bool = False) -> dict[str, Any]:
    key = {"dataset": "d", "item": item, "frame": 0, "track_id": -1, "class_name": name}
    return key | of_mask(mask) | {"area": float(mask.sum()), "ignore": ignore, "polygons": None}


def found(item: str, mask: np.ndarray, score: float, name: str = "cat") -> dict[str, Any]:
    key = {"dataset": "d", "item": item, "frame": 0, "class_id": 0, "class_name": name, "score": score}
    return key | of_mask(mask)


def tables(predictions: list[dict], labels: list[dict], items: str) -> tuple[pa.Table, pa.Table, pa.Table]:
    predicted = pa.Table.from_pylist(predictions, pa.schema([*KEY, *SEGMENTS]))
    return predicted, pa.Table.from_pylist(labels, MASKS), frames_of(items)


def score(predictions: list[dict], labels: list[dict], items: str = "a") -> dict[str, float]:
    return tasks.score(SEGMENTATION, *tables(predictions, labels, items))


def test_the_overlap_is_that_of_masks_and_not_of_boxes() -> None:
    """Two halves of one square: their boxes are the same, and 30 of 40 rows are in both masks."""
    square = block(10, 10, 40, 40)
    part = square.copy()
    part[10:20, 11:49] = False
    values = score([found("a", part, 0.9)], [label("a", square)])
    overlap = part.sum() / square.sum()
    assert values["mAP"] == pytest.approx(np.mean(overlap >= np.linspace(0.5, 0.95, 10)))
    boxes = tasks.score(tasks.parse("detection"), *tables([found("a", part, 0.9)], [label("a", square)], "a"))
    assert boxes["mAP"] == 1


def test_polygons_are_drawn_in_the_size_of_their_frame_and_together() -> None:
    """An object in two pieces, as COCO has those that are partly hidden."""
    pieces = [[10.0, 10.0, 30.0, 10.0, 30.0, 30.0, 10.0, 30.0], [50.0, 10.0, 70.0, 10.0, 70.0, 30.0, 50.0, 30.0]]
    both = block(10, 10, 20, 20) | block(50, 10, 20, 20)
    truth = label("a", both) | {"polygons": pieces, "mask": None, "height": None, "width": None}
    assert score([found("a", both, 0.9)], [truth])["mAP"] == 1
    assert score([found("a", block(10, 10, 20, 20), 0.9)], [truth])["mAP"] == pytest.approx(0.1)  # IoU 0.5


def test_a_mask_of_another_size_overlaps_nothing() -> None:
    truth = label("a", block(10, 10, 40, 40)) | of_mask(np.ones((HEIGHT, WIDTH + 1), bool))
    assert score([found("a", block(10, 10, 40, 40), 0.9)], [truth])["mAP"] == 0


def test_what_is_found_in_a_region_to_ignore_counts_neither_for_nor_against() -> None:
    labels = [label("a", block(0, 0, 30, 30)), label("a", block(50, 0, 60, 80), ignore=True)]
    predictions = [found("a", block(60, 10, 20, 20), 0.95), found("a", block(0, 0, 30, 30), 0.9)]
    assert score(predictions, labels)["mAP"] == 1 and score(predictions, labels[:1])["mAP"] == 0.5


def test_without_labels_to_find_there_is_no_score() -> None:
    assert score([found("a", block(0, 0, 9, 9), 0.9)], []) == {}
    assert score([], [label("a", block(0, 0, 9, 9), ignore=True)]) == {}
    assert score([], [label("a", block(0, 0, 9, 9))])["mAP"] == 0


def star(generator: np.random.Generator, size: float) -> list[float]:
    """A polygon of eight corners around a centre."""
    turns = np.sort(generator.uniform(0, 2 * np.pi, 8))
    radius = size * generator.uniform(0.3, 1, 8)
    centre = generator.uniform(0, [WIDTH, HEIGHT])
    corners = centre + np.stack([radius * np.cos(turns), radius * np.sin(turns)], 1)
    return np.clip(corners, 0, [WIDTH, HEIGHT]).ravel().tolist()


def random_tables(items: str, many: int) -> tuple[list[dict], list[dict]]:
    """Labels as polygons, some in two pieces, and crowds as run lengths; predictions near them and anywhere."""
    generator = np.random.default_rng(4)
    labels, predictions = [], []
    for _ in range(many):
        polygons = [star(generator, size) for size in generator.choice([6, 20, 90], generator.integers(1, 3))]
        record = coco_mask.merge(coco_mask.frPyObjects(polygons, HEIGHT, WIDTH))
        mask = coco_mask.decode(record).astype(bool)
        item, name = generator.choice(list(items)), str(generator.choice(NAMES))
        crowd = generator.random() < 0.2
        drawn = {} if crowd else {"polygons": polygons, "mask": None, "height": None, "width": None}
        labels.append(label(item, mask, name, crowd) | drawn)
        moved = np.roll(mask, generator.integers(-3, 4, 2), (0, 1))
        predictions.append(found(item, moved, generator.random(), name))
        other = coco_mask.decode(coco_mask.merge(coco_mask.frPyObjects([star(generator, 40)], HEIGHT, WIDTH)))
        predictions.append(found(str(generator.choice(list(items))), other.astype(bool), generator.random(), name))
    return predictions, labels


def coco_json(rows: list[dict], items: str) -> dict[str, Any]:
    """The rows in the layout of COCO's JSON."""
    runs = [{"size": [row["height"], row["width"]], "counts": row["mask"]} for row in rows]
    annotations = [
        {
            "id": number,
            "image_id": 1 + items.index(row["item"]),
            "category_id": NAMES.index(row["class_name"]),
            "segmentation": row.get("polygons") or run,
            "area": row["area"] if "area" in row else float(coco_mask.area(run)),
            "iscrowd": int(row.get("ignore", False)),
            "score": row.get("score", 1.0),
        }
        for number, (row, run) in enumerate(zip(rows, runs, strict=True), start=1)
    ]
    images = [{"id": number, "height": HEIGHT, "width": WIDTH} for number in range(1, len(items) + 1)]
    categories = [{"id": number, "name": name} for number, name in enumerate(NAMES)]
    return {"images": images, "categories": categories, "annotations": annotations}


def pycocotools(predictions: list[dict], labels: list[dict], items: str) -> list[float]:
    truth, detections = COCO(), COCO()
    truth.dataset, detections.dataset = coco_json(labels, items), coco_json(predictions, items)
    truth.createIndex(), detections.createIndex()
    evaluation = COCOeval(truth, detections, "segm")
    evaluation.evaluate(), evaluation.accumulate(), evaluation.summarize()
    return [evaluation.stats[number] for number in (0, 1, 2, 3, 4, 5, 8)]


@pytest.mark.parametrize(("items", "many"), [("ab", 120), ("abcdefghij", 60)])
def test_values_are_those_of_pycocotools(items: str, many: int) -> None:
    predictions, labels = random_tables(items, many)
    values = score(predictions, labels, items)
    assert 0.03 < values["mAP"] < 0.95
    expected = [math.nan if value == -1 else value for value in pycocotools(predictions, labels, items)]
    assert [values[name] for name in STATS] == pytest.approx(expected, abs=1e-9, nan_ok=True)


def test_predictions_become_labels_that_they_fit() -> None:
    """The unsure one is left out, and so is the second best class of a box."""
    cat, dog = block(0, 0, 30, 30), block(50, 10, 40, 20)
    predictions = [found("a", cat, 0.9), found("a", cat, 0.3, "dog"), found("a", dog, 0.25, "dog")]
    table = pa.Table.from_pylist([*predictions, found("b", dog, 0.2)], pa.schema([*KEY, *SEGMENTS]))
    labels = tasks.as_labels(SEGMENTATION, table)
    assert labels.schema == MASKS and labels["class_name"].to_pylist() == ["cat", "dog"]
    assert [mask.sum() for mask in masks_of(labels)] == labels["area"].to_pylist() == [900, 800]
    values = tasks.score(SEGMENTATION, table, labels, frames_of("ab"))
    assert (values["ap_cat"], values["ap_dog"]) == (1, pytest.approx(0.5))  # the dog in the cat's place ranks first


def masks_of(labels: pa.Table) -> list[np.ndarray]:
    rows = labels.select(["height", "width", "mask"]).to_pylist()
    return [coco_mask.decode({"size": [row["height"], row["width"]], "counts": row["mask"]}) for row in rows]


def test_outcomes_and_units_are_detections() -> None:
    predictions, labels = random_tables("cab", 20)
    tally = tasks.tally(SEGMENTATION, *tables(predictions, labels, "cab"))
    assert units.of(tally)["item"].to_pylist() == ["a", "b", "c"]
    assert segmentation_score.outcomes(tally).column_names == [*units.KEYS, "f1", "found"]


def test_its_scores_are_described() -> None:
    assert traits(segmentation_score.SCORES) == traits(tasks.find("detection").scores)
