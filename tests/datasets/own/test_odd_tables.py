"""Tables of labels that are almost right: read as they mean, or an error that names the place; never other labels."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ahc_stream.core.errors import MediaError
from ahc_stream.datasets import load
from tests.datasets.own.trees import put

CAT = "0 0.5 0.5 0.2 0.2\n"
BOMB = "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8))


def yolo(root: Path, yaml: str | bytes, rows: str | bytes = CAT) -> Path:
    return put(root, {"data.yaml": yaml, "images/a.png": "", "labels/a.txt": rows})


@pytest.mark.parametrize(
    ("yaml", "says"),
    [
        (
            "val: images\nnames: !!python/object/apply:os.system ['false']\n",
            "no YAML: could not determine a constructor",
        ),
        ("val: images\nnames: [a\n", "no YAML"),
        ("val: images\nnc: 1000000000\n", "nc from 1 to 100000"),
        ("val: images\nnc: -1\n", "nc from 1 to 100000"),
        (f"a: &a [x,x,x,x,x,x,x,x,x]\n{BOMB}val: images\nnames: *i\n", r"a text as names\[0\]"),
        ("val: images\nnames: {0: cat, 2: dog}\n", "classes numbered from 0 on"),
        ("val: images\nnames: [no, yes]\n", r"names\[0\]"),
    ],
)
def test_a_data_yaml_that_cannot_be_read_is_an_error_and_not_passed_over(tmp_path: Path, yaml: str, says: str) -> None:
    """Without it the classes would be called by their numbers. Some lines stand for 10^8 texts."""
    begun = time.monotonic()
    with pytest.raises(MediaError, match=says) as error:
        load(yolo(tmp_path, yaml))
    assert time.monotonic() - begun < 5 and len(str(error.value)) < 600


def test_another_file_of_yaml_beside_labels_is_none_of_them(tmp_path: Path) -> None:
    root = put(tmp_path, {"notes.yaml": "[", "images/a.png": "", "labels/a.txt": CAT})
    assert load(root).labels["detection"]["class_name"].to_pylist() == ["0"]


@pytest.mark.parametrize(
    ("rows", "classes"), [(b"\xef\xbb\xbf" + CAT.encode(), ["cat"]), ("1.0 0.5 0.5 0.2 0.2\r\n", ["dog"])]
)
def test_rows_that_mean_the_same(tmp_path: Path, rows: str | bytes, classes: list[str]) -> None:
    root = yolo(tmp_path, "val: images\nnames: [cat, dog]\n", rows)
    assert load(root).labels["detection"]["class_name"].to_pylist() == classes


@pytest.mark.parametrize(
    "rows",
    ["0 0.5 0.5 0.2 0.2 0.9\n", "0,0.5,0.5,0.2,0.2\n", "0 0,5 0,5 0,2 0,2\n", "0 32 24 10 10\n", "7 0.5 0.5 0.2 0.2\n"],
)
def test_rows_that_mean_something_else_name_their_line(tmp_path: Path, rows: str) -> None:
    with pytest.raises(MediaError, match=r"labels/a\.txt, line 1"):
        load(yolo(tmp_path, "val: images\nnames: [cat, dog]\n", rows))


def coco(root: Path, **changes: object) -> Path:
    box = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 10, 20], "area": 200, "iscrowd": 0}
    content: dict = {"images": [{"id": 1, "file_name": "a.png", "width": 64, "height": 48}]}
    content |= {"categories": [{"id": 1, "name": "cat"}], "annotations": [box | changes]}
    if "size" in changes:
        content["images"][0] |= dict(zip(("width", "height"), changes["size"], strict=True))  # type: ignore[call-overload]
    put(root, {"a.png": "", "i.json": json.dumps(content)})
    return root / "i.json"


@pytest.mark.parametrize("size", [(640, 480), (48, 64)])
def test_a_picture_of_another_size_than_its_boxes_were_drawn_on_is_noted(tmp_path: Path, size: tuple[int, int]) -> None:
    (note,) = (note for note in load(coco(tmp_path, size=size)).notes if "another size" in note)
    assert f"1 image is of another size than {tmp_path / 'i.json'} says (a.png is 64 x 48 and not " in note


def test_a_picture_of_the_size_that_is_said_or_of_none_is_not_noted(tmp_path: Path) -> None:
    assert not any("another size" in note for note in load(coco(tmp_path)).notes)
    (tmp_path / "i.json").write_text((tmp_path / "i.json").read_text().replace('"width": 64, ', ""))
    assert not any("another size" in note for note in load(tmp_path / "i.json").notes)


@pytest.mark.parametrize("bbox", [["1", "2", "10", "20"], [float("nan"), 2, 10, 20], [1, 2, 10, -20], [1, 2, 10]])
def test_boxes_that_are_none_name_their_annotation(tmp_path: Path, bbox: list[object]) -> None:
    with pytest.raises(MediaError, match=r"annotations\[0\] \(id 1\)"):
        load(coco(tmp_path, bbox=bbox))


def test_identifiers_as_texts_are_matched(tmp_path: Path) -> None:
    assert load(coco(tmp_path, image_id="1", category_id="1")).labels["detection"].num_rows == 1
