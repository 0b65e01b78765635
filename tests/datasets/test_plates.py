"""Licence plates: both layouts of openalpr's benchmark, made, and the real crops."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.datasets import plates
from tests.conftest import real


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def texts(root: Path) -> dict[str, str]:
    return {row["item"]: row["text"] for row in plates.open_plates(root, "us-plates")[1]["ocr"].to_pylist()}


def test_crops_beside_a_table_with_a_head(tmp_path):
    root = write(tmp_path, {"groundtruth.csv": "image,text\nb.png,AB 12\na.png,0LDGRL\n", "a.png": "", "b.png": ""})
    (item,), labels = plates.open_plates(root, "us-plates")
    assert item.names == ("a.png", "b.png") and item.paths == (tmp_path / "a.png", tmp_path / "b.png")
    assert texts(root) == {"a.png": "0LDGRL", "b.png": "AB 12"}
    assert labels["ocr"].schema == plates.REGIONS and labels["ocr"]["left"].null_count == 2


def test_crops_as_the_official_archive_unpacks(tmp_path):
    files = {
        "seg_and_ocr/groundtruth.csv": "ak1.png,ak,FUW999\nak2.png,ak,FGJ235\n",
        "seg_and_ocr/usimages/ak1.png": "",
    }
    root = write(tmp_path, files)
    assert texts(root) == {"seg_and_ocr/usimages/ak1.png": "FUW999"}
    assert plates.notes(root) == ["1 of the 2 labelled images are here"]


def test_photos_have_a_text_and_a_region_for_each_plate(tmp_path):
    lines = "car1.jpg\t187\t189\t133\t65\tHRK2017\ncar1.jpg\t5\t6\t30\t10\tAB 1\n\n"
    root = write(tmp_path, {"us/car1.txt": lines, "us/car1.jpg": "", "us/car2.jpg": "", "notes.txt": "no photo"})
    (item,), labels = plates.open_plates(root, "us-plates")
    assert item.names == ("us/car1.jpg",)
    regions = [tuple(row[name] for name in plates.REGIONS.names[3:]) for row in labels["ocr"].to_pylist()]
    assert sorted(regions) == [("AB 1", 5, 6, 35, 16), ("HRK2017", 187, 189, 320, 254)]


@pytest.mark.parametrize(
    "files",
    [
        {"groundtruth.csv": "image,text\nonly-a-name.png\n", "only-a-name.png": ""},
        {"groundtruth.csv": "a.png,ak,X,Y\n", "a.png": ""},
        {"car.txt": "car.jpg\t1\t2\tthree\t4\tABC\n", "car.jpg": ""},
        {"car.txt": "car.jpg\t1\t2\tABC\n", "car.jpg": ""},
    ],
)
def test_a_line_that_is_none_is_an_error_that_shows_it(tmp_path, files):
    with pytest.raises(MediaError, match="in"):
        plates.open_plates(write(tmp_path, files), "us-plates")


def test_a_folder_without_plates_lacks_them(tmp_path):
    write(tmp_path, {"groundtruth.csv": "image,text\na.png,X\n", "photo.jpg": "", "README.txt": "x"})
    assert plates.lacks(tmp_path)
    with pytest.raises(MissingData):
        plates.open_plates(tmp_path, "us-plates")


def test_the_real_crops_all_have_a_text():
    root = real("datasets/us-license-plates")
    dataset = datasets.load("us-plates", root)
    assert plates.lacks(root) == plates.notes(root) == []
    table = dataset.labels["ocr"]
    assert sum(len(item.paths) for item in dataset.items) == table.num_rows == 146
    assert dict(zip(table["item"].to_pylist(), table["text"].to_pylist(), strict=True))["wv37.png"] == "CTHULHU"
    assert dataset.tasks == ("ocr:model=ppocr-v3",)
