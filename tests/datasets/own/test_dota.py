"""DOTA's layout: its rows of outlines, the boxes around them, and what is refused."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.core.labels import ORIENTED_BOXES
from ahc_stream.datasets import ReadOptions
from ahc_stream.datasets.own.outlines import area, uncrossed
from tests.datasets.own.trees import put

HEADERS = "imagesource:GoogleEarth\ngsd:0.146343590398\n"
SHIP = "10 20 30 20.5 30 40 10 40 ship 0\n"
CORNERS = [10, 20, 30, 20.5, 30, 40, 10, 40]


def dota(root: Path, rows: str = HEADERS + SHIP, folder: str = "") -> Path:
    """Two pictures, the second without a label file."""
    files = {f"{folder}images/P1.png": "", f"{folder}images/P2.png": "", f"{folder}labelTxt/P1.txt": rows}
    return put(root, files)


def oriented(dataset: datasets.Dataset) -> list[tuple[str, str, list[float], bool]]:
    rows = dataset.labels["obb"].to_pylist()
    return [(row["item"], row["class_name"], row["corners"], row["ignore"]) for row in rows]


def test_rows_are_outlines_in_pixels_and_the_boxes_around_them(tmp_path: Path) -> None:
    rows = f"{HEADERS}{SHIP}0.0 0.0 4.0 0.0 4.0 4.0 0.0 4.0 small-vehicle 1\n\n5 5 9 5 9 9 5 9 plane\n"
    dataset = datasets.load(dota(tmp_path / "mine", rows))
    assert (dataset.name, dataset.names) == ("mine", ("P1", "P2"))
    assert oriented(dataset) == [
        ("P1", "ship", CORNERS, False),
        ("P1", "small vehicle", [0, 0, 4, 0, 4, 4, 0, 4], True),
        ("P1", "plane", [5, 5, 9, 5, 9, 9, 5, 9], False),
    ]
    assert dataset.labels["obb"].schema == ORIENTED_BOXES
    ship = dataset.labels["detection"].to_pylist()[0]
    assert [ship[side] for side in ("x1", "y1", "x2", "y2", "area")] == [10, 20, 30, 40, 395]
    told, without = dataset.notes
    assert told.startswith("read as dota (labelTxt): 2 images, 1 with labels of 3 classes for detection")
    assert without == "1 image without a label file: there is nothing to find in them"


def test_of_splits_the_one_that_is_asked_for_else_the_one_to_validate_on(tmp_path: Path) -> None:
    root = dota(dota(tmp_path, folder="train/"), SHIP.replace("ship", "plane"), "val/")
    assert oriented(datasets.load(root))[0][1] == "plane"
    assert oriented(datasets.load(root, reading=ReadOptions(split="train")))[0][1] == "ship"
    with pytest.raises(InvalidValue, match="train, val"):
        datasets.load(root, reading=ReadOptions(split="test"))


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("10 20 30 20 30 40 10 40", "x1 y1 x2 y2 x3 y3 x4 y4 category difficult"),
        ("10 20 30 20 30 40 10 40 ship 0 9", "x1 y1 x2 y2 x3 y3 x4 y4 category difficult"),
        ("10 20 30 20 30 40 10 nan ship 0", "a coordinate in pixels"),
        ("10 20 30 20 30 40 ship 10 40 0", "a coordinate in pixels"),
        ("10 20 30 20 30 40 10 1e9 ship 0", "a coordinate in pixels"),
        ("10 20 30 20 30 40 10 40 ship easy", "difficult from 0 to 100"),
        ("10 20 30 20 30 40 10 40 ship 0.5", "difficult from 0 to 100"),
        ("gsd:0.1", "x1 y1 x2 y2"),
    ],
)
def test_an_odd_row_is_named_by_file_and_line(tmp_path: Path, row: str, expected: str) -> None:
    with pytest.raises(MediaError, match=expected) as caught:
        datasets.load(dota(tmp_path, f"{HEADERS}{SHIP}\n{row}\n"))
    assert f"{Path('labelTxt/P1.txt')}, line 5" in caught.value.expected


def test_pictures_without_any_label_and_labels_without_pictures(tmp_path: Path) -> None:
    root = dota(tmp_path)
    (root / "labelTxt" / "P1.txt").rename(root / "labelTxt" / "P9.txt")
    with pytest.raises(MissingData, match="none of 2 images has one"):
        datasets.load(root)
    put(root, {"labelTxt/P2.txt": SHIP})
    assert any(note.startswith("1 label file without an image passed over") for note in datasets.load(root).notes)
    for picture in (root / "images").iterdir():
        picture.unlink()
    with pytest.raises(MissingData, match="images"):
        datasets.load(root)
    with pytest.raises(MissingData, match="labelTxt/ beside images/"):
        datasets.load(put(tmp_path / "other", {"a.png": ""}), reading=ReadOptions(read_as="dota"))


def test_corners_in_the_order_of_a_bow_tie_are_put_in_order_and_told_of(tmp_path: Path) -> None:
    dataset = datasets.load(dota(tmp_path, "0 0 4 4 4 0 0 4 ship 0\n" + SHIP))
    assert dataset.labels["obb"]["corners"].to_pylist() == [[0, 0, 4, 0, 4, 4, 0, 4], CORNERS]
    assert dataset.labels["obb"]["area"].to_pylist() == [16, 395]
    assert "1 outline with sides that cross put in order, such as one of P1" in dataset.notes


SQUARE = ((0, 0), (4, 0), (4, 4), (0, 4))


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_a_square_is_one_in_any_order_of_its_corners(order: tuple[int, ...]) -> None:
    corners = tuple(number for place in order for number in SQUARE[place])
    assert area(uncrossed(corners)) == 16
    assert uncrossed(uncrossed(corners)) == uncrossed(corners)


@pytest.mark.parametrize("corners", [(0, 0, 4, 0, 1, 1, 0, 4), (1,) * 8, (0, 0, 2, 0, 4, 0, 6, 0)])
def test_an_outline_with_a_dent_or_without_area_stays(corners: tuple[float, ...]) -> None:
    assert uncrossed(corners) == corners
