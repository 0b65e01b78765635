"""Plates, UCF101, ISIC, ImageNet photos and BSDS500 as other machines leave them: marks, line ends, dot files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from ahc_stream import datasets
from ahc_stream.core.errors import MediaError
from ahc_stream.datasets import bsds500, imagenet, isic, plates, ucf101
from tests.datasets.test_bsds500 import make_tree, write_truth

ENCODINGS = pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
ENDS = pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
APPLE_DOUBLE = b"\0\5\x16\7\0\2\0\0Mac OS X"


def put(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def texts(root: Path) -> dict[str, str]:
    return {row["item"]: row["text"] for row in plates.open_plates(root, "p")[1]["ocr"].to_pylist()}


@ENCODINGS
@ENDS
def test_plates_are_read_in_any_encoding(tmp_path: Path, encoding: str, end: str) -> None:
    table = end.join(["image,text", "a.png,ÄB 12", ""]).encode(encoding)
    photo = end.join(["car.jpg\t1\t2\t30\t10\tÖL 1", "", "car.jpg\t5\t5\t30\t10\tÜX 2", ""]).encode(encoding)
    root = put(tmp_path, {"groundtruth.csv": table, "a.png": "", "us/car.txt": photo, "us/car.jpg": ""})
    assert sorted(plate.text for plate in plates.find_labels(root)) == ["ÄB 12", "ÖL 1", "ÜX 2"]
    assert set(texts(root)) == {"a.png", "us/car.jpg"}


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ({"groundtruth.csv": "a.png,X\n../../x.png,Y\n"}, 2),
        ({"groundtruth.csv": "a.png,X\n\n/etc/passwd,Y\n"}, 3),
        ({"groundtruth.csv": "a.png,X\na.png,Y\n"}, 2),
        ({"groundtruth.csv": 'a.png,"X\n'}, 1),
        ({"groundtruth.csv": "image,text\na.png\n"}, 2),
        ({"groundtruth.csv": ",X\n"}, 1),
        ({"a.txt": "a.png 1 2 nan 4 ABC\n"}, 1),
        ({"a.txt": "a.png 1 2 3 4 ABC\na.png 1 2 -3 4 ABC\n"}, 2),
        ({"a.txt": "a.png 1 2 3 1e300 ABC\n"}, 1),
        ({"a.txt": "alone\n"}, 1),
        ({"a.txt": "a.png\n"}, 1),
        ({"a.txt": "../a.png\t1\t2\t3\t4\tABC\n"}, 1),
    ],
)
def test_an_odd_line_of_plates_is_named(tmp_path: Path, files: dict[str, str], line: int) -> None:
    with pytest.raises(MediaError, match=rf"\.(csv|txt), line {line}"):
        plates.open_plates(put(tmp_path, {"a.png": "", **files}), "p")


def test_a_plate_that_is_listed_twice_in_the_same_words_is_one(tmp_path: Path) -> None:
    line = "b.jpg 1 2 3 4 ABC\n"
    root = put(tmp_path, {"groundtruth.csv": "a.png,X\na.png,X\n", "a.png": "", "b.txt": line * 2, "b.jpg": ""})
    assert plates.open_plates(root, "p")[1]["ocr"].num_rows == 2


def test_a_crop_and_a_photo_of_one_file_and_text_have_an_order(tmp_path: Path) -> None:
    root = put(tmp_path, {"groundtruth.csv": "b.jpg,ABC\n", "b.txt": "b.jpg 1 2 3 4 ABC\n", "b.jpg": ""})
    assert plates.open_plates(root, "p")[1]["ocr"]["left"].to_pylist() == [None, 1.0]


@ENCODINGS
@ENDS
def test_split_files_are_read_in_any_encoding(tmp_path: Path, encoding: str, end: str) -> None:
    clips = ["Cliff/v_Cliff_g01_c01.avi", "Cliff/v_Cliff_g02_c01.avi"]
    listed = end.join([f"{clips[1]} 1", "", clips[0].replace("/", "\\"), f"{clips[1]} 1"]).encode(encoding)
    put(tmp_path, {**dict.fromkeys(clips, ""), f"{ucf101.LISTS}/testlist01.txt": listed})
    items, _ = ucf101.open_tree(tmp_path, "ucf101")
    assert [item.name for item in items] == [clip.removesuffix(".avi") for clip in reversed(clips)]


def test_an_odd_line_of_a_split_is_named(tmp_path: Path) -> None:
    clip = "Cliff/v_Cliff_g01_c01.avi"
    for odd in ("../x/y.avi", "/x.avi", "a.avi", "a/b.mp4", "a/b/c.avi", "a\0/b.avi"):
        put(tmp_path, {clip: "", f"{ucf101.LISTS}/testlist01.txt": f"{clip}\n{odd}\n"})
        with pytest.raises(MediaError, match=r"testlist01\.txt, line 2"):
            ucf101.open_tree(tmp_path, "ucf101")
    findings = datasets.entry("ucf101")
    with pytest.raises(MediaError, match="line 2"):
        findings.lacks(tmp_path)


def test_dot_files_are_left_out_everywhere(tmp_path: Path) -> None:
    clips = put(tmp_path / "ucf", {"A/v.avi": "", "A/._v.avi": APPLE_DOUBLE, "._A/w.avi": "", ".DS_Store": ""})
    assert [item.name for item in ucf101.open_tree(clips, "u")[0]] == ["A/v"]
    photo = "n01440764_tench.JPEG"
    photos = put(tmp_path / "imagenet", {photo: "", f"._{photo}": APPLE_DOUBLE, f"n01440764/._{photo}": APPLE_DOUBLE})
    assert [path.name for path in imagenet.photos(photos)] == [photo]
    lesions = put(tmp_path / "isic", {"Test/nevus/a.jpg": "", "Test/nevus/._a.jpg": APPLE_DOUBLE})
    assert [path.name for path in isic.split_files(lesions, "Test")] == ["a.jpg"]
    make_tree(tmp_path / "bsds")
    put(tmp_path / "bsds/data", {"images/test/._2.jpg": APPLE_DOUBLE, "groundTruth/test/._2.mat": APPLE_DOUBLE})
    assert [name for item in bsds500.open_split(tmp_path / "bsds", "b")[0] for name in item.names] == ["10", "2"]
    table = {"groundtruth.csv": "a.png,X\n", "._groundtruth.csv": APPLE_DOUBLE, "a.png": "", "._a.txt": APPLE_DOUBLE}
    assert texts(put(tmp_path / "plates", {**table, "._a.png": APPLE_DOUBLE})) == {"a.png": "X"}


def test_files_of_one_stem_have_names_of_their_own(tmp_path: Path) -> None:
    photos = put(tmp_path / "i", {f"n01440764_a.{suffix}": "" for suffix in ("jpg", "png", "jpg.png")})
    (item,), labels = imagenet.open_photos(photos, "i")
    assert item.names == ("n01440764_a.jpg", "n01440764_a.jpg.png", "n01440764_a.png")
    assert labels["classification"]["item"].to_pylist() == list(item.names)
    lesions = {f"{split}/{lesion}/own.jpg": split + lesion for split in isic.SPLITS for lesion in isic.LESIONS}
    root = put(tmp_path / "s", {**lesions, "Test/nevus/own.png": "other", "Test/nevus/copy.jpg": "Testnevus"})
    cleaned = [name for name in datasets.load("isic", root).names if name.startswith("nevus")]
    assert cleaned == ["nevus/copy", "nevus/own.png"]  # own.jpg is a copy; what is left keeps its name


def test_images_that_no_label_is_for_are_noted(tmp_path: Path) -> None:
    root = put(tmp_path, {"n01440764_a.jpg": "", "cat.png": "", "class_index.txt": "", "b.webp2": ""})
    assert imagenet.notes(root) == [
        "1 images whose names tell no class passed over",
        "2 files passed over: 1 .txt, 1 .webp2",
    ]


def test_names_that_are_no_utf8_are_items(tmp_path: Path) -> None:
    name = os.fsdecode(b"n01440764_caf\xe9.jpg")
    (item,), labels = imagenet.open_photos(put(tmp_path, {name: ""}), "i")
    assert item.names == (r"n01440764_caf\xe9",) == tuple(labels["classification"]["item"].to_pylist())


@pytest.mark.parametrize("shape", [(0, 5), (2, 2, 2)])
def test_a_ground_truth_that_is_no_map_is_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    path = tmp_path / "a.mat"
    write_truth(path, [np.ones(shape)])
    with pytest.raises(MediaError, match=r"groundTruth with Boundaries in .*a\.mat"):
        bsds500.read_truth(path)
    scipy.io.savemat(path, {"groundTruth": np.array(["text"], object)})
    with pytest.raises(MediaError, match=r"a\.mat"):
        bsds500.read_truth(path)
