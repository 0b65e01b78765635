"""The ISIC tree, made and real: which copies are left out, what labels stay, what is said of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import MissingData
from ahc_stream.core.labels import CLASSES
from ahc_stream.datasets import isic
from tests.conftest import real

REAL = f"datasets/{isic.FOLDER}"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Every class has an image of its own in each split, and there are five groups of copies."""
    for split in ("Train", "Test"):
        for lesion in isic.LESIONS:
            put(tmp_path, f"{split}/{lesion}/own.jpg", f"{split} {lesion}")
    for path in ("Train/nevus/a.jpg", "Train/melanoma/a.jpg"):  # two labels in one split
        put(tmp_path, path, "one")
    for path in ("Test/nevus/b.jpg", "Train/melanoma/b.jpg"):  # two labels across the splits
        put(tmp_path, path, "two")
    for path in ("Test/nevus/c.jpg", "Train/nevus/c.jpg"):  # one label across the splits
        put(tmp_path, path, "three")
    for path in ("Test/nevus/d2.jpg", "Test/nevus/d1.jpg"):  # one label in Test
        put(tmp_path, path, "four")
    for path in ("Train/nevus/e2.jpg", "Train/nevus/e1.jpg", "Train/nevus/e3.jpg"):  # one label, three times
        put(tmp_path, path, "five")
    put(tmp_path, "Test/nevus/z.jpg", "FIVE")  # as long as another, of other bytes
    return tmp_path


def put(root: Path, path: str, content: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content.encode())


def nevi(dataset: datasets.Dataset) -> list[str]:
    names = [name for item in dataset.items for name in item.names]
    assert names == dataset.labels["classification"]["item"].to_pylist()
    return [name.removeprefix("nevus/") for name in names if name.startswith("nevus/")]


def test_two_labels_leave_both_and_copies_leave_the_first_in_train(tree: Path) -> None:
    assert nevi(datasets.load("isic", tree)) == ["d1", "own", "z"]
    assert nevi(datasets.load("isic-train", tree)) == ["c", "e1", "own"]


def test_without_cleaning_everything_stays(tree: Path) -> None:
    assert nevi(datasets.load("isic", tree, clean=False)) == ["b", "c", "d1", "d2", "own", "z"]
    assert nevi(datasets.load("isic-train", tree, clean=False)) == ["a", "c", "e1", "e2", "e3", "own"]


def test_copies_are_counted_and_said(tree: Path) -> None:
    (note,) = datasets.load("isic", tree).notes
    assert note.startswith("5 groups of byte-identical files: 2 under two labels, 2 across the splits")
    assert note.endswith("leaves out 5 of 16 images of Train, 3 of 14 images of Test")


def test_no_clean_image_stands_in_both_splits_or_twice(tree: Path) -> None:
    kept = [path for name in ("isic", "isic-train") for item in datasets.load(name, tree).items for path in item.paths]
    assert len({path.read_bytes() for path in kept}) == len(kept)


def test_a_label_is_the_folder_and_an_item_the_path(tree: Path) -> None:
    dataset = datasets.load("isic", tree)
    table = dataset.labels["classification"]
    assert table.schema == CLASSES
    assert all(row["item"].startswith(row["class_name"] + "/") and row["frame"] == 0 for row in table.to_pylist())
    assert set(table["class_name"].to_pylist()) == set(isic.LESIONS)


def test_half_a_tree_says_what_it_lacks(tree: Path) -> None:
    (tree / "Train" / "melanoma" / "own.jpg").unlink()
    for name in ("a.jpg", "b.jpg"):
        (tree / "Train" / "melanoma" / name).unlink()
    with pytest.raises(MissingData, match=r"Train/melanoma/\*\.jpg"):
        datasets.load("isic", tree)


def test_the_real_tree_has_the_copies_that_are_known() -> None:
    copies = isic.Copies.among(real(REAL))
    assert (len(copies.groups), copies.under_two_labels, copies.across_splits) == (159, 155, 18)
    test, train = (datasets.load(name, real(REAL)) for name in ("isic", "isic-train"))
    assert (test.labels["classification"].num_rows, train.labels["classification"].num_rows) == (100, 1945)
    whole = datasets.load("isic", real(REAL), clean=False)
    assert whole.labels["classification"].num_rows == 118
    left = Counter(whole.labels["classification"]["class_name"].to_pylist())
    left.subtract(test.labels["classification"]["class_name"].to_pylist())
    assert +left == {"actinic keratosis": 15, "seborrheic keratosis": 3}


def test_check_tells_of_the_copies_and_finds_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AHC_STREAM_PATH", str(real(REAL).parent.parent))
    (finding,) = datasets.check("isic")
    assert "159 groups" in finding.text and not finding.is_fault
