"""YOLO's layout: what data.yaml and rows mean, by the cases that ultralytics' reader has, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ahc_stream import datasets
from ahc_stream.core.errors import AhcStreamError, InvalidValue, MediaError, MissingData
from ahc_stream.datasets import ReadOptions
from ahc_stream.datasets.own.upright import Corners, StoredPicture, stored_pixels
from ahc_stream.datasets.own.yolo import label_file
from tests.datasets.own.trees import YAML, put, yolo

SIDES = ("x1", "y1", "x2", "y2")


def boxes(dataset: datasets.Dataset) -> list[tuple[str, str, tuple[float, ...]]]:
    rows = dataset.labels["detection"].to_pylist()
    return [(row["item"], row["class_name"], tuple(row[side] for side in SIDES)) for row in rows]


def test_rows_are_boxes_in_pixels_of_the_split_that_is_not_trained_on(tmp_path: Path) -> None:
    root = yolo(tmp_path / "mine")
    dataset = datasets.load(root / "data.yaml")
    assert (dataset.name, dataset.names) == ("mine", ("a", "b"))
    assert boxes(dataset) == [("a", "dog", (24.0, 12.0, 40.0, 36.0))]
    assert dataset.labels["detection"]["area"].to_pylist() == [16 * 24]
    assert dataset.notes == (
        "read as yolo (data.yaml): 2 images, 1 with labels of 1 class".replace("data.yaml", str(root / "data.yaml")),
        "1 image without a label file: there is nothing to find in them",
    )
    assert boxes(datasets.load(root, reading=ReadOptions(split="train"))) == [("c", "cat", (0.0, 0.0, 64.0, 48.0))]


@pytest.mark.parametrize(
    "names", ["names: [cat, dog]", "names:\n  1: dog\n  0: cat", "names: {'0': cat, '1': dog}\nnc: 2"]
)
def test_names_are_a_list_or_numbered(tmp_path: Path, names: str) -> None:
    root = yolo(tmp_path, yaml=f"val: images/val\n{names}\n")
    assert boxes(datasets.load(root))[0][1] == "dog"


@pytest.mark.parametrize(
    "value", ["images/val", "./images/val/", "../images/val", "[images/val]", "val.txt", "{root}/images/val"]
)
def test_a_split_is_a_folder_a_list_or_several(tmp_path: Path, value: str) -> None:
    root = put(yolo(tmp_path / "in" / "mine"), {"val.txt": "./images/val/a.png\nimages/val/b.png\n"})
    yaml = f"val: {value.format(root=root)}\nnames: [cat, dog]\n"
    dataset = datasets.load(put(root, {"data.yaml": yaml}) / "data.yaml")
    assert [name.rpartition("/")[2] for name in dataset.names] == ["a", "b"] and len(boxes(dataset)) == 1


def test_an_outline_is_the_box_around_it_and_a_row_twice_is_one(tmp_path: Path) -> None:
    outline = "0 0.25 0.5 0.5 0.25 0.75 0.5 0.5 0.75\n"
    assert boxes(datasets.load(yolo(tmp_path, outline * 2))) == [("a", "cat", (16.0, 12.0, 48.0, 36.0))]


def test_labels_of_four_corners_are_oriented_boxes_too(tmp_path: Path) -> None:
    corners = "0.25 0.5 0.5 0.25 0.75 0.5 0.5 0.75"
    dataset = datasets.load(yolo(tmp_path / "four", f"0 {corners}\n1 {corners}\n"))
    (cat, dog) = dataset.labels["obb"].to_pylist()
    assert (cat["class_name"], dog["class_name"]) == ("cat", "dog")
    assert cat["corners"] == dog["corners"] == [16.0, 24.0, 32.0, 12.0, 48.0, 24.0, 32.0, 36.0]
    assert (cat["area"], cat["ignore"]) == (16 * 24, False)
    assert [box[2] for box in boxes(dataset)] == [(16.0, 12.0, 48.0, 36.0)] * 2
    three = datasets.load(yolo(tmp_path / "three", f"0 {corners}\n1 0 0 1 0 1 1\n"))
    assert list(three.labels) == list(datasets.load(yolo(tmp_path / "boxes")).labels) == ["detection"]


def test_without_a_yaml_classes_are_numbers_and_a_map_names_them(tmp_path: Path) -> None:
    root = put(yolo(tmp_path, yaml=""), {"map.yaml": "1: dog\n"})
    dataset = datasets.load(root)
    assert dataset.names == ("a", "b") and boxes(dataset)[0][1] == "1"
    assert any("classes are called by their numbers" in note for note in dataset.notes)
    assert boxes(datasets.load(root, reading=ReadOptions(classes=root / "map.yaml")))[0][1] == "dog"


def test_labels_lie_beside_pictures_that_are_in_no_folder_of_images(tmp_path: Path) -> None:
    root = put(tmp_path, {"a.png": "", "a.txt": "3 0.5 0.5 1 1\n", "classes.txt": "x\n"})
    assert boxes(datasets.load(root)) == [("a", "3", (0.0, 0.0, 64.0, 48.0))]
    assert str(label_file(Path("/images/x/images/y/a.b.jpg"))) == "/images/x/labels/y/a.b.txt"


def test_text_beside_pictures_that_is_no_row_is_told_of_and_not_used(tmp_path: Path) -> None:
    dataset = datasets.load(put(tmp_path, {"a.png": "", "a.txt": "a cat on a mat\n", "voc/a.xml": "<annotation/>"}))
    assert dataset.labels == {}
    text, xml = (note for note in dataset.notes if "may be labels and is not used" in note)
    assert text.startswith("1 .txt file such as a.txt") and "--as yolo" in text
    assert xml.startswith("1 .xml file such as voc/a.xml") and "export them" in xml


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ("0 0.5 0.5 0.1\n", "class cx cy w h"),
        ("0 0.5 0.5 0.1 0.1\n\n1 300 200 50 40\n", r"line 3.*|a share of the picture from -0\.01 to 1\.01"),
        ("0 0.5 0.5 -0.1 0.1\n", "share of the picture's side from 0"),
        ("0 0.5 nan 0.1 0.1\n", "share of the picture"),
        ("2 0.5 0.5 0.1 0.1\n", r"the number of a class from 0 to 1"),
        ("0.5 0.5 0.5 0.1 0.1\n", "the number of a class"),
        ("cat 0.5 0.5 0.1 0.1\n", "the number of a class"),
        ("0 0.5 0.5 0.1 0.1\n0 0.1 0.1 0.2 0.2 0.3 0.3\n", "boxes in every row, or outlines"),
    ],
)
def test_an_odd_row_is_named_by_file_and_line(tmp_path: Path, rows: str, expected: str) -> None:
    with pytest.raises(MediaError, match=expected) as caught:
        datasets.load(yolo(tmp_path, rows))
    last = len(rows.rstrip("\n").split("\n"))
    assert f"{Path('labels/val/a.txt')}, line {last}" in caught.value.expected


@pytest.mark.parametrize(
    ("yaml", "error", "message"),
    [
        ("path: gone\nval: images/val\nnames: [a]\n", MissingData, "path: gone"),
        ("val: images/gone\nnames: [a]\n", MissingData, "val: images/gone"),
        ("val: images\nnames: []\n", MediaError, "names of classes"),
        ("val: images/val\nnames: {0: a, 2: b}\n", MediaError, "numbered from 0"),
        ("val: images/val\nnames: [a, a]\n", MediaError, "a name of its own"),
        ("val: images/val\nnames: [yes, no]\n", MediaError, "quotation marks"),
        ("val: images/val\nnames: [a, b]\nnc: 3\n", MediaError, "nc: 3"),
        ("train:\nval:\nnames: [a]\n", MediaError, "train, val or test"),
        ("names: [a\n", MediaError, "no YAML"),
        ("- a\n", MediaError, "KEY: VALUE"),
    ],
)
def test_a_yaml_that_leads_nowhere_is_one_message(
    tmp_path: Path, yaml: str, error: type[AhcStreamError], message: str
) -> None:
    root = yolo(tmp_path, yaml=yaml)
    with pytest.raises(error, match=message) as caught:
        datasets.load(root / "data.yaml")
    assert "data.yaml" in str(caught.value)


def test_a_split_that_is_not_there_and_two_yamls_are_refused(tmp_path: Path) -> None:
    root = yolo(tmp_path)
    with pytest.raises(InvalidValue, match=r"val, train.*'test'"):
        datasets.load(root, reading=ReadOptions(split="test"))
    put(root, {"other.yaml": YAML})
    with pytest.raises(InvalidValue, match=r"data\.yaml, other\.yaml"):
        datasets.load(root)


def test_pictures_without_any_label_and_labels_without_pictures(tmp_path: Path) -> None:
    root = put(tmp_path, {"images/val/a.png": "", "images/val/b.png": "", "data.yaml": YAML})
    with pytest.raises(MissingData, match="none of 2 images has one"):
        datasets.load(root)
    put(root, {"labels/val/a.txt": "0 0.5 0.5 1 1", "labels/val/gone.txt": "0 0.5 0.5 1 1"})
    assert any(note.startswith("1 label file without an image passed over") for note in datasets.load(root).notes)
    for picture in (root / "images" / "val").iterdir():
        picture.unlink()
    with pytest.raises(MissingData, match="images of val"):
        datasets.load(root)


def test_a_labelled_picture_that_is_broken_is_told_of_and_left_to_the_run(tmp_path: Path) -> None:
    root = put(yolo(tmp_path), {"images/val/a.png": b"no picture"})
    dataset = datasets.load(root)
    assert dataset.names == ("a", "b") and boxes(dataset) == []
    assert "1 labelled image cannot be opened" in dataset.notes


@given(st.tuples(*[st.floats(0, 1)] * 4), st.integers(1, 8))
def test_a_box_of_a_turned_photo_lies_on_the_same_pixels(shares: tuple[float, ...], orientation: int) -> None:
    """The marked pixels of the stored picture, turned as Pillow turns it for a viewer, are those of the upright box."""
    from PIL import ImageOps

    width, height = 12, 8
    upright_size = (height, width) if orientation >= 5 else (width, height)
    x1, x2 = sorted(round(share * upright_size[0]) / upright_size[0] for share in shares[:2])
    y1, y2 = sorted(round(share * upright_size[1]) / upright_size[1] for share in shares[2:])
    box = stored_pixels(Corners(x1, y1, x2, y2), StoredPicture(width, height, orientation))
    left, top, right, bottom = map(round, box)
    marked = np.zeros((height, width), np.uint8)
    marked[top:bottom, left:right] = 255
    image = Image.fromarray(marked)
    image.getexif()[274] = orientation
    shown = np.asarray(ImageOps.exif_transpose(image))
    expected = np.zeros(upright_size[::-1], np.uint8)
    expected[
        round(y1 * upright_size[1]) : round(y2 * upright_size[1]),
        round(x1 * upright_size[0]) : round(x2 * upright_size[0]),
    ] = 255
    assert np.array_equal(shown, expected)


def test_the_header_of_a_turned_photo_is_read(tmp_path: Path) -> None:
    image = Image.new("RGB", (64, 48))
    exif = image.getexif()
    exif[274] = 6
    (tmp_path / "images").mkdir()
    image.save(tmp_path / "images" / "a.jpg", exif=exif)
    put(tmp_path, {"labels/a.txt": "0 0.25 0.5 0.5 1\n"})  # the left half of the upright picture, 48 x 64
    assert boxes(datasets.load(tmp_path))[0][2] == (0.0, 24.0, 64.0, 48.0)
