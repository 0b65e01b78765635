"""Mean IoU from tables: cases by hand, and torchmetrics' and torchvision's ways of drawing and counting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from torchmetrics.functional.classification import multiclass_accuracy, multiclass_jaccard_index

from ahc_stream import tasks
from ahc_stream.core.labels import KEY, MASKS
from ahc_stream.tasks import units
from ahc_stream.tasks.edges.maps import encode
from ahc_stream.tasks.semantic import score as semantic_score
from ahc_stream.tasks.semantic.score import CLASS_MAPS
from tests.tasks.score_traits import traits
from tests.tasks.segmentation.test_segmentation_score import HEIGHT, WIDTH, block, frames_of, label, star

SEMANTIC = tasks.parse("semantic")
CLASSES = ["background", "cat", "dog", "owl"]


def found(item: str, pixels: np.ndarray) -> dict[str, Any]:
    key = {"dataset": "d", "item": item, "frame": 0}
    return key | {"map": encode(pixels.astype(np.uint8)), "classes": "\n".join(CLASSES)}


def tables(predictions: list[dict], labels: list[dict], items: str) -> tuple[pa.Table, pa.Table, pa.Table]:
    predicted = pa.Table.from_pylist(predictions, pa.schema([*KEY, *CLASS_MAPS]))
    return predicted, pa.Table.from_pylist(labels, MASKS), frames_of(items)


def score(predictions: list[dict], labels: list[dict], items: str = "a") -> dict[str, float]:
    return tasks.score(SEMANTIC, *tables(predictions, labels, items))


def test_the_true_map_scores_one() -> None:
    cat = block(10, 10, 40, 40)
    assert score([found("a", cat)], [label("a", cat)]) == {"mIoU": 1, "accuracy": 1, "iou_background": 1, "iou_cat": 1}


def test_values_are_those_of_the_definition() -> None:
    """Half of the cat is said to be an owl, of which labels have none: it has no IoU of its own."""
    cat = block(0, 0, 40, 40)
    said = cat + 2 * block(0, 0, 40, 20)
    values = score([found("a", said)], [label("a", cat)])
    assert values == {
        "mIoU": pytest.approx(0.75),
        "accuracy": pytest.approx(1 - 800 / (HEIGHT * WIDTH)),
        "iou_background": 1,
        "iou_cat": 0.5,
    }


def test_pixels_of_two_objects_count_nowhere_and_unknown_classes_are_background() -> None:
    cat, dog, cup = block(0, 0, 40, 40), block(20, 0, 40, 40), block(0, 60, 20, 20)
    said = 3 * (cat & dog) + (cat & ~dog) + 2 * (dog & ~cat)
    labels = [label("a", cat), label("a", dog, "dog"), label("a", cup, "cup")]
    assert set(score([found("a", said)], labels).values()) == {1.0}


def test_without_labels_to_find_there_is_no_score() -> None:
    assert score([found("a", block(0, 0, 9, 9))], []) == {}
    assert score([], [label("a", block(0, 0, 9, 9))]) == {}


def random_tables(items: str) -> tuple[list[dict], list[dict], np.ndarray, np.ndarray]:
    """Predictions, labels as polygons, and both maps as torchvision's `references/segmentation` makes them."""
    from pycocotools import mask as coco_mask

    generator = np.random.default_rng(7)
    predictions, labels, found_maps, true_maps = [], [], [], []
    for item in items:
        masks, numbers = [np.zeros((HEIGHT, WIDTH), np.uint8)], [0]
        for number in generator.integers(1, 4, 5):
            polygons = [star(generator, 40)]
            mask = coco_mask.decode(coco_mask.frPyObjects(polygons, HEIGHT, WIDTH)).max(2)
            drawn = {"polygons": polygons, "mask": None, "height": None, "width": None}
            labels.append(label(item, mask.astype(bool), CLASSES[number], generator.random() < 0.2) | drawn)
            masks.append(mask)
            numbers.append(number)
        true = (np.stack(masks) * np.array(numbers)[:, None, None]).max(0)
        true[np.stack(masks).sum(0) > 1] = 255
        said = np.where(generator.random(true.shape) < 0.8, true % 4, generator.integers(0, 4, true.shape))
        predictions.append(found(item, said))
        found_maps.append(said)
        true_maps.append(true)
    return predictions, labels, np.stack(found_maps), np.stack(true_maps)


def test_values_are_those_of_torchmetrics() -> None:
    predictions, labels, said, true = random_tables("abcd")
    values = score(predictions, labels, "abcd")
    told = {"num_classes": 4, "ignore_index": 255}
    pixels = torch.from_numpy(said.astype(np.int64)), torch.from_numpy(true.astype(np.int64))
    per_class = multiclass_jaccard_index(*pixels, average="none", **told).tolist()
    assert [values[f"iou_{name}"] for name in CLASSES] == pytest.approx(per_class, abs=1e-6)  # it sums in float32
    assert values["mIoU"] == pytest.approx(np.mean(per_class), abs=1e-6)
    assert values["accuracy"] == pytest.approx(float(multiclass_accuracy(*pixels, average="micro", **told)), abs=1e-6)


def test_an_image_of_weight_two_counts_as_two_and_of_none_not_at_all() -> None:
    predictions, labels, *_ = random_tables("abc")
    tally = tasks.tally(SEMANTIC, *tables(predictions, labels, "abc"))
    assert units.of(tally)["item"].to_pylist() == ["a", "b", "c"]
    weighted = semantic_score.scores(tally)(np.array([2.0, 0.0, 1.0]))
    again = [[*rows, *(row | {"item": "d"} for row in rows if row["item"] == "a")] for rows in (predictions, labels)]
    kept = [[row for row in rows if row["item"] != "b"] for rows in again]
    assert weighted == pytest.approx(score(*kept, "acd"), abs=1e-12)
    assert all(math.isnan(value) for value in semantic_score.scores(tally)(np.zeros(3)).values())


def test_outcomes_are_the_share_of_right_pixels_of_each_image() -> None:
    predictions, labels, said, true = random_tables("ab")
    tally = tasks.tally(SEMANTIC, *tables(predictions, labels, "ab"))
    shares = [(said[n] == true[n])[true[n] != 255].mean() for n in range(2)]
    assert semantic_score.outcomes(tally)["accuracy"].to_pylist() == pytest.approx(shares)


@pytest.mark.parametrize(("counted", "accuracy"), [(0, 1.0), (1, 0.0)])
def test_an_image_of_one_counted_pixel_has_an_outcome_of_its_own(counted: int, accuracy: float) -> None:
    """All other pixels lie under two objects; the map says cat everywhere."""
    everywhere = block(0, 0, WIDTH, HEIGHT)
    covered = everywhere.copy()
    covered[0, 0] = 1 - counted
    labels = [label("a", covered), label("a", covered, "dog")]
    tally = tasks.tally(SEMANTIC, *tables([found("a", everywhere)], labels, "a"))
    assert semantic_score.outcomes(tally)["accuracy"].to_pylist() == [accuracy]


def test_predictions_become_labels_that_they_fit() -> None:
    predictions, *_ = random_tables("ab")
    table = pa.Table.from_pylist(predictions, pa.schema([*KEY, *CLASS_MAPS]))
    labels = tasks.as_labels(SEMANTIC, table)
    assert labels.schema == MASKS and set(labels["class_name"].to_pylist()) == {"cat", "dog", "owl"}
    assert set(tasks.score(SEMANTIC, table, labels, frames_of("ab")).values()) == {1.0}


def test_the_box_of_a_label_ends_behind_its_last_row_and_column() -> None:
    cat = block(10, 20, 40, 30)
    table = pa.Table.from_pylist([found("a", cat)], pa.schema([*KEY, *CLASS_MAPS]))
    (row,) = tasks.as_labels(SEMANTIC, table).to_pylist()
    assert row["track_id"] == -1 and not row["ignore"]
    rows, columns = np.nonzero(cat)
    ends = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    assert tuple(row[name] for name in ("x1", "y1", "x2", "y2")) == ends


def test_its_scores_are_described() -> None:
    assert traits(semantic_score.SCORES) == {
        "mIoU": "headline, share",
        "accuracy": "headline, share",
        "iou_": "share, per class",
    }
