"""COCO's official layout: the images that are there, their boxes, masks' areas and crowds."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.compute as pc
import pytest
from PIL import Image

from ahc_stream import datasets
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.labels import BOXES
from ahc_stream.datasets import coco
from tests.conftest import real

PHOTOS = ("000000000003.jpg", "000000000001.jpg", "000000000002.jpg")
BOX = {"image_id": 3, "category_id": 18, "bbox": [1, 2.5, 10, 20], "area": 120.5, "iscrowd": 0}


def write(root: Path, here: tuple[str, ...] = PHOTOS, boxes: tuple[dict, ...] = (BOX,)) -> Path:
    (root / "val2017").mkdir(parents=True)
    (root / "annotations").mkdir()
    for name in here:
        Image.new("RGB", (16, 12)).save(root / "val2017" / name)
    images = [{"id": int(name[:12]), "file_name": name, "width": 16, "height": 12} for name in PHOTOS]
    categories = [{"id": 1, "name": "person"}, {"id": 18, "name": "dog"}]
    truth = {"images": images, "categories": categories, "annotations": list(boxes)}
    (root / "annotations/instances_val2017.json").write_text(json.dumps(truth))
    return root


def test_a_box_keeps_its_mask_s_area_and_a_crowd_is_to_be_ignored(tmp_path: Path) -> None:
    crowd = BOX | {"image_id": 1, "category_id": 1, "iscrowd": 1}
    _, labels = coco.open_coco(write(tmp_path, boxes=(BOX, crowd)), "coco")
    table = labels["detection"]
    assert table.schema == BOXES
    assert table.to_pylist()[0] == {
        "dataset": "coco",
        "item": "000000000003",
        "frame": 0,
        "track_id": -1,
        "class_name": "dog",
        "x1": 1.0,
        "y1": 2.5,
        "x2": 11.0,
        "y2": 22.5,
        "area": 120.5,
        "ignore": False,
    }
    assert [(row["item"], row["class_name"], row["ignore"]) for row in table.to_pylist()[1:]] == [
        ("000000000001", "person", True)
    ]


def test_images_come_in_the_order_of_their_names_and_labels_of_absent_ones_are_left_out(tmp_path: Path) -> None:
    (item,), labels = coco.open_coco(write(tmp_path, here=PHOTOS[1:]), "coco")
    assert item.names == ("000000000001", "000000000002") and all(path.is_file() for path in item.paths)
    assert labels["detection"].num_rows == 0 and labels["detection"].schema == BOXES


def test_a_part_of_the_set_is_complete_and_says_how_much_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "datasets" / "coco", here=PHOTOS[1:])
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.setenv("AHC_STREAM_PATH", "")
    (finding,) = datasets.check("coco")
    assert not finding.is_fault and "2 of the 3 images" in str(finding)
    Image.new("RGB", (16, 12)).save(tmp_path / "datasets/coco/val2017" / PHOTOS[0])
    assert datasets.check("coco") == []
    assert datasets.load("coco").labels["detection"].num_rows == 1


def test_what_is_missing_is_named_with_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.setenv("AHC_STREAM_PATH", "")
    with pytest.raises(MissingData, match=r"val2017\.zip.*cocodataset\.org"):
        datasets.load("coco")
    (tmp_path / "datasets/coco/val2017").mkdir(parents=True)
    (finding,) = datasets.check("coco")
    assert finding.is_fault and "lacks val2017/*.jpg, annotations/instances_val2017.json" in str(finding)


def test_a_check_of_another_json_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.setenv("AHC_STREAM_PATH", "")
    (write(tmp_path / "datasets" / "coco") / "annotations/instances_val2017.json").write_text("{")
    (finding,) = datasets.check("coco")
    assert finding.is_fault and "instances_val2017.json" in str(finding)


@pytest.mark.parametrize("text", ["{", "[]", '{"images": []}'])
def test_another_json_is_a_media_error(tmp_path: Path, text: str) -> None:
    root = write(tmp_path)
    (root / "annotations/instances_val2017.json").write_text(text)
    with pytest.raises(MediaError, match="instances"):
        coco.open_coco(root, "coco")


def test_other_images_than_the_annotated_ones_are_missing_data(tmp_path: Path) -> None:
    root = write(tmp_path, here=())
    Image.new("RGB", (16, 12)).save(root / "val2017" / "mine.jpg")
    with pytest.raises(MissingData, match="none in"):
        coco.open_coco(root, "coco")


def test_real_annotations_are_read_as_pycocotools_reads_them() -> None:
    tools = pytest.importorskip("pycocotools.coco")  # for tests only: skipped where absent
    root = real("datasets/coco")
    items, labels = coco.open_coco(root, "coco")
    table, truth = labels["detection"], tools.COCO(root / coco.ANNOTATIONS)
    names = [name for item in items for name in item.names]
    assert names == sorted(path.stem for path in (root / "val2017").glob("*.jpg"))
    for name in names:
        theirs = truth.loadAnns(truth.getAnnIds(imgIds=int(name)))
        mine = table.filter(pc.equal(table["item"], name)).to_pylist()
        assert [(row["x1"], row["y1"], row["area"], row["ignore"]) for row in mine] == [
            (*row["bbox"][:2], row["area"], bool(row["iscrowd"])) for row in theirs
        ]
        assert [row["class_name"] for row in mine] == [truth.cats[row["category_id"]]["name"] for row in theirs]
