"""COCO's instances: what each field means, and which record an error names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ahc_stream import tasks
from ahc_stream.core.errors import AhcStreamError, MediaError
from ahc_stream.datasets import coco

BOX = {"id": 1, "image_id": 3, "category_id": 18, "bbox": [1, 2, 10, 20]}


def write(root: Path, files: tuple[str, ...] = ("a.jpg",), **tables: Any) -> Path:
    """A tree whose images are empty files, and annotations with these tables."""
    for name in files:
        (root / "val2017" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "val2017" / name).write_bytes(b"")
    (root / "annotations").mkdir(exist_ok=True)
    truth = {"images": [image(3, "a.jpg")], "categories": [{"id": 18, "name": "dog"}], "annotations": [BOX]} | tables
    (root / coco.ANNOTATIONS).write_text(json.dumps({name: rows for name, rows in truth.items() if rows is not None}))
    return root


def image(image_id: object, name: str) -> dict[str, object]:
    return {"id": image_id, "file_name": name}


def rows(root: Path) -> list[dict[str, Any]]:
    return coco.open_coco(root, "coco")[1]["detection"].to_pylist()


def box(root: Path, **fields: object) -> dict[str, Any]:
    annotation = {name: value for name, value in {**BOX, **fields}.items() if value != "absent"}
    (row,) = rows(write(root, annotations=[annotation]))
    return row


@pytest.mark.parametrize("iscrowd", ["absent", None, 0, False, 0.0])
def test_a_missing_iscrowd_is_0(tmp_path: Path, iscrowd: object) -> None:
    assert box(tmp_path, iscrowd=iscrowd)["ignore"] is False


@pytest.mark.parametrize("iscrowd", [1, True])
def test_a_crowd_is_to_be_ignored(tmp_path: Path, iscrowd: object) -> None:
    assert box(tmp_path, iscrowd=iscrowd)["ignore"] is True


@pytest.mark.parametrize("area", ["absent", None])
def test_a_missing_area_is_width_times_height(tmp_path: Path, area: object) -> None:
    assert box(tmp_path, area=area)["area"] == 200.0


@pytest.mark.parametrize(
    "fields",
    [
        {"bbox": "absent"},
        {"bbox": None},
        {"bbox": []},
        {"bbox": [1, 2, 3]},
        {"bbox": [1, 2, 3, 4, 5]},
        {"bbox": [1, 2, None, 4]},
        {"bbox": [1, 2, "3", 4]},
        {"bbox": [1, 2, True, 4]},
        {"bbox": [float("nan"), 2, 3, 4]},
        {"bbox": [1, 2, float("inf"), 4]},
        {"bbox": [1, 2, -3, 4]},
        {"bbox": [1e300, 2, 3, 4]},
        {"bbox": {"x": 1}},
        {"area": -1},
        {"area": float("nan")},
        {"area": "12"},
        {"area": 1e300},
        {"iscrowd": 2},
        {"iscrowd": "no"},
        {"iscrowd": []},
        {"image_id": 4},
        {"image_id": None},
        {"image_id": "absent"},
        {"image_id": [3]},
        {"image_id": 3.5},
        {"category_id": 999},
        {"category_id": "absent"},
        {"id": {}},
    ],
)
def test_an_odd_annotation_is_an_error_that_names_it(tmp_path: Path, fields: dict[str, object]) -> None:
    with pytest.raises(MediaError, match=r"annotations\[0\] \(id .*instances_val2017\.json"):
        box(tmp_path, **fields)


@pytest.mark.parametrize(
    ("tables", "record"),
    [
        ({"annotations": [BOX, BOX]}, r"an id of its own in annotations\[1\] \(id 1\)"),
        ({"annotations": [BOX, {**BOX, "id": "1"}]}, r"an id of its own in annotations\[1\] \(id '1'\)"),
        ({"annotations": [3]}, r"an object as annotations\[0\]"),
        ({"annotations": {"a": BOX}}, "a list of annotations"),
        ({"annotations": None}, "no annotations"),
        ({"categories": None}, "no categories"),
        ({"categories": []}, r"as category_id the id of one of the 0 categories in annotations\[0\]"),
        ({"categories": [{"id": 18}]}, r"a text as name in categories\[0\] \(id 18\)"),
        ({"categories": [{"name": "dog"}]}, r"as id in categories\[0\]"),
        ({"categories": [{"id": 18, "name": "dog"}, {"id": 18, "name": "cat"}]}, r"categories\[1\].*that of 'dog'"),
        ({"images": [{"id": 3}]}, r"a text as file_name in images\[0\] \(id 3\)"),
        ({"images": [image(3, "")]}, r"a text as file_name in images\[0\]"),
        ({"images": [image(True, "a.jpg")]}, r"as id in images\[0\]"),
        ({"images": [image(3, "a.jpg"), image(3, "b.jpg")]}, r"an id of its own in images\[1\].*that of 'a\.jpg'"),
        ({"images": [image(3, "../../a.jpg")]}, r"as file_name a file in the folder of images in images\[0\]"),
        ({"images": [image(3, "/etc/passwd")]}, r"images\[0\]"),
        ({"images": [image(3, "a\0.jpg")]}, r"images\[0\]"),
        ({"images": "none"}, "a list of images"),
    ],
)
def test_odd_tables_are_errors_that_name_the_record(tmp_path: Path, tables: Mapping[str, Any], record: str) -> None:
    with pytest.raises(MediaError, match=record):
        rows(write(tmp_path, **tables))


@pytest.mark.parametrize("image_id", [3, "3", 3.0])
@pytest.mark.parametrize("listed", [3, "3"])
def test_numbers_and_texts_of_an_id_match(tmp_path: Path, listed: object, image_id: object) -> None:
    tables = {"images": [image(listed, "a.jpg")], "annotations": [{**BOX, "image_id": image_id}]}
    assert [row["item"] for row in rows(write(tmp_path, **tables))] == ["a"]


@pytest.mark.parametrize("identifier", [10**30, "9f1c-4e", "写真"])
def test_ids_may_be_of_any_size_and_kind(tmp_path: Path, identifier: object) -> None:
    tables = {
        "images": [image(identifier, "a.jpg")],
        "categories": [{"id": identifier, "name": "dog"}],
        "annotations": [{**BOX, "id": identifier, "image_id": identifier, "category_id": identifier}],
    }
    assert [row["class_name"] for row in rows(write(tmp_path, **tables))] == ["dog"]


@pytest.mark.parametrize("name", ["a.jpg", "val2017/a.jpg", "val2017\\a.jpg", "./a.jpg", "train/batch 1/a.jpg"])
def test_a_file_name_with_folders_is_found(tmp_path: Path, name: str) -> None:
    items, _ = coco.open_coco(write(tmp_path, images=[image(3, name)]), "coco")
    assert [item.names for item in items] == [("a",)] and items[0].paths == (tmp_path / "val2017" / "a.jpg",)


def test_a_folder_in_a_name_counts_where_two_images_share_the_rest(tmp_path: Path) -> None:
    images = [image(3, "x/a.jpg"), image(4, "y/a.jpg")]
    (item,), labels = coco.open_coco(write(tmp_path, ("x/a.jpg", "y/a.jpg"), images=images), "coco")
    assert item.names == ("x/a", "y/a") and labels["detection"]["item"].to_pylist() == ["x/a"]
    with pytest.raises(AhcStreamError, match="none in"):
        coco.open_coco(write(tmp_path / "flat", ("a.jpg",), images=images), "coco")


def test_two_files_of_one_stem_have_names_of_their_own(tmp_path: Path) -> None:
    images = [image(3, "a.jpg"), image(4, "a.png"), image(5, "a.jpg.png")]
    (item,), _ = coco.open_coco(write(tmp_path, ("a.jpg", "a.png", "a.jpg.png"), images=images), "coco")
    assert item.names == ("a.jpg", "a.jpg.png", "a.png")


@pytest.mark.parametrize(
    "again",
    [
        {"images": [image(3, "a.jpg"), image(3, "a.jpg")]},
        {"images": [image(3, "a.jpg"), image(7, "a.jpg")]},
        {
            "images": [image(3, "a.jpg"), image(7, "val2017/a.jpg")],
            "annotations": [BOX, {**BOX, "id": 2, "image_id": 7}],
        },
    ],
)
def test_a_picture_that_is_listed_twice_is_one_with_the_score_of_one(tmp_path: Path, again: Mapping[str, Any]) -> None:
    once, twice = write(tmp_path / "once"), write(tmp_path / "twice", **again)
    (item,), _ = coco.open_coco(twice, "coco")
    assert item.names == ("a",) and rows(once) == rows(twice)
    assert coco.notes(twice) == []
    assert score(once) == score(twice) == {"mAP": 1.0}


def score(root: Path) -> dict[str, float]:
    """mAP of predictions that are the truth."""
    import pyarrow as pa

    labels = coco.open_coco(root, "coco")[1]["detection"]
    found = [{**row, "score": 0.9, "class_id": 0} for row in labels.to_pylist()]
    frames = pa.table(
        {"dataset": ["coco"], "item": ["a"], "frame": pa.array([0], pa.int32()), "width": [64], "height": [64]}
    )
    scores = tasks.score(tasks.parse("detection"), pa.Table.from_pylist(found), labels, frames)
    return {"mAP": scores["mAP"]}


def test_two_boxes_of_one_picture_that_are_alike_stay_two(tmp_path: Path) -> None:
    assert len(rows(write(tmp_path, annotations=[BOX, {**BOX, "id": 2}]))) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_of_json_do_not_matter(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path) / coco.ANNOTATIONS
    truth = json.loads(path.read_text()) | {"categories": [{"id": 18, "name": "chien de traîneau"}]}
    path.write_bytes(json.dumps(truth, ensure_ascii=False, indent=1).replace("\n", "\r\n").encode(encoding))
    assert [row["class_name"] for row in rows(tmp_path)] == ["chien de traîneau"]


@pytest.mark.parametrize("text", ["", "null", "[" * 100_000, '{"images": ', "{}", "1" * 5000, '"\\ud800"'])
def test_what_is_no_such_json_names_its_file(tmp_path: Path, text: str) -> None:
    (write(tmp_path) / coco.ANNOTATIONS).write_text(text)
    with pytest.raises(MediaError, match=r"instances_val2017\.json"):
        rows(tmp_path)


def test_half_a_character_in_a_class_is_written_out(tmp_path: Path) -> None:
    assert rows(write(tmp_path, categories=[{"id": 18, "name": "dog \ud83d"}]))[0]["class_name"] == r"dog \ud83d"


def test_dot_files_beside_the_images_are_no_images(tmp_path: Path) -> None:
    images = [image(3, "a.jpg"), image(4, "._a.jpg")]
    (item,), _ = coco.open_coco(write(tmp_path, ("a.jpg", "._a.jpg", ".DS_Store"), images=images), "coco")
    assert item.names == ("a",)
