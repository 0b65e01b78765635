"""COCO's masks and keypoints: how they become labels, and what is left out of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ahc_stream.core.labels import KEY, KEYPOINTS, MASKS
from ahc_stream.core.run_lengths import mask_of, unpacked
from ahc_stream.datasets import coco
from ahc_stream.datasets.coco_shapes import read_keypoints, read_mask
from ahc_stream.datasets.coco_truth import read_truth
from ahc_stream.tasks.segmentation import coco_masks
from tests.conftest import real
from tests.datasets.test_coco_truth import BOX, write

POLYGONS = [[1.5, 2, 9, 2, 9, 8.25], [10, 10, 12, 10, 12, 14, 10, 14]]


def labels(root: Path, *shapes: dict[str, Any]) -> dict[str, pa.Table]:
    """Of one picture with an annotation for each of `shapes`, at different places."""
    boxes = [{**BOX, "id": n, "bbox": [n, 2, 10, 20], **shape} for n, shape in enumerate(shapes)]
    return dict(coco.open_coco(write(root, annotations=boxes), "coco")[1])


def test_polygons_stay_as_they_were_drawn(tmp_path: Path) -> None:
    table = labels(tmp_path, {"segmentation": POLYGONS, "area": 33})["segmentation"]
    assert table.schema == MASKS
    (row,) = table.to_pylist()
    assert row["polygons"] == POLYGONS and row["mask"] is row["height"] is row["width"] is None
    assert (row["class_name"], row["x1"], row["x2"], row["area"], row["ignore"]) == ("dog", 0, 10, 33, False)


@pytest.mark.parametrize("counts", [[2, 5, 5], "255"])
def test_run_lengths_are_kept_in_text(tmp_path: Path, counts: object) -> None:
    shape = {"segmentation": {"size": [4, 3], "counts": counts}, "iscrowd": 1}
    (row,) = labels(tmp_path, shape)["segmentation"].to_pylist()
    assert row["mask"] == b"255" and (row["height"], row["width"], row["ignore"]) == (4, 3, True)
    assert row["polygons"] is None
    assert mask_of(unpacked(row["mask"]), 4, 3).sum() == 5


def test_only_what_has_a_mask_or_keypoints_is_labelled_with_them(tmp_path: Path) -> None:
    points = [1, 2, 2, 3.5, 4, 1, 0, 0, 0]
    tables = labels(tmp_path, {"segmentation": []}, {"keypoints": points}, {"segmentation": POLYGONS}, {})
    assert {name: table.num_rows for name, table in tables.items()} == {"detection": 4, "segmentation": 1, "pose": 1}
    assert tables["pose"].schema == KEYPOINTS and tables["pose"].to_pylist()[0]["keypoints"] == points
    assert tables["segmentation"]["x1"].to_pylist() == [2] and tables["pose"]["x1"].to_pylist() == [1]


def test_without_any_there_are_boxes_alone(tmp_path: Path) -> None:
    assert set(labels(tmp_path, {}, {"segmentation": None, "keypoints": []})) == {"detection"}


@pytest.mark.parametrize(
    "segmentation",
    [
        [[1, 2, 3, 4]],
        [[1, 2, 3, 4, 5, 6, 7]],
        [1, 2, 3, 4, 5, 6],
        [[1, 2, 3, 4, 5, "6"]],
        [[1, 2, 3, 4, 5, True]],
        [[1, 2, 3, 4, 5, float("nan")]],
        [[1, 2, 3, 4, 5, 1e300]],
        [[1, 2, 3, 4, 5, 10**400]],
        "polygon",
        7,
        {"size": [4, 3]},
        {"size": [4], "counts": [12]},
        {"size": [4, 3], "counts": [11]},
        {"size": [4, 3], "counts": [13, -1]},
        {"size": [4, 3], "counts": [10**400]},
        {"size": [4, 3], "counts": "P"},
        {"size": [4, 3], "counts": "\u00e9"},
        {"size": [4, 3], "counts": None},
        {"size": [0, 3], "counts": [0]},
        {"size": [True, 12], "counts": [12]},
    ],
)
def test_another_form_is_left_out_and_noted(tmp_path: Path, segmentation: object) -> None:
    """Boxes are of use without masks."""
    with pytest.raises(ValueError):
        read_mask(segmentation)
    tables = labels(tmp_path, {"segmentation": segmentation}, {"segmentation": POLYGONS})
    assert tables["detection"].num_rows == 2 and tables["segmentation"].num_rows == 1
    (note,) = coco.notes(tmp_path)
    assert note.startswith("1 mask or set of keypoints in another form than COCO's left out, such as segmentation of")


@pytest.mark.parametrize("keypoints", [[1, 2], [1, 2, 3], [1, 2, "2"], {"x": 1}, [1, 2, 0.5], [1e9, 2, 2], 4])
def test_other_keypoints_are_left_out(keypoints: object) -> None:
    with pytest.raises(ValueError):
        read_keypoints(keypoints)


def test_people_s_keypoints_come_from_their_own_file(tmp_path: Path) -> None:
    root = write(tmp_path, annotations=[{**BOX, "segmentation": POLYGONS}])
    person = {**BOX, "id": 7, "category_id": 1, "keypoints": [1, 2, 2]}
    people = {"images": [{"id": 3, "file_name": "a.jpg"}], "categories": [{"id": 1, "name": "person"}]}
    (root / coco.PEOPLE).write_text(json.dumps({**people, "annotations": [person]}))
    tables = coco.open_coco(root, "coco")[1]
    assert set(tables) == {"detection", "segmentation", "pose"} and tables["detection"].num_rows == 1
    assert tables["pose"]["class_name"].to_pylist() == ["person"]


def test_real_masks_are_those_that_pycocotools_draws() -> None:
    from pycocotools.coco import COCO

    truth = COCO(real("datasets/coco") / coco.ANNOTATIONS)
    table = coco.open_coco(real("datasets/coco"), "real")[1]["segmentation"]
    sizes = {f"{key:012d}": (image["width"], image["height"]) for key, image in truth.imgs.items()}
    frames = [{"dataset": "real", "item": item, "frame": 0, "width": w, "height": h} for item, (w, h) in sizes.items()]
    schema = pa.schema([*KEY, ("width", pa.int32()), ("height", pa.int32())])
    drawn = coco_masks.drawn(table, pa.Table.from_pylist(frames, schema))
    here = list(truth.dataset["annotations"])
    assert drawn.num_rows == len(here) == 382
    for row, annotation in zip(drawn.to_pylist(), here, strict=True):
        expected = truth.annToRLE(annotation)
        assert (row["mask"], [row["height"], row["width"]]) == (expected["counts"], expected["size"])
    assert np.all(coco_masks.areas(drawn) > 0)


def test_a_mask_of_another_size_than_its_picture_is_left_out(tmp_path: Path) -> None:
    image = {"id": BOX["image_id"], "file_name": "a.jpg", "width": 3, "height": 4}
    fits, turned = ({"size": size, "counts": [2, 5, 5]} for size in ([4, 3], [3, 4]))
    boxes = [{**BOX, "id": n, "segmentation": runs} for n, runs in enumerate((fits, turned))]
    truth = read_truth(write(tmp_path, images=[image], annotations=boxes) / coco.ANNOTATIONS)
    assert [mask is None for mask in truth.masks] == [False, True] and len(truth.odd) == 1
