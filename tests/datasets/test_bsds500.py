"""BSDS500 as its archive unpacks, real and made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from ahc_stream import datasets
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.labels import BOUNDARIES
from ahc_stream.datasets import bsds500
from tests.conftest import real


def write_truth(path: Path, maps: list[np.ndarray]) -> None:
    """A .mat file as the benchmark's are: a row of cells, a struct with two fields in each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = np.empty((1, len(maps)), object)
    for index, each in enumerate(maps):
        cells[0, index] = {"Segmentation": np.ones(each.shape, np.uint16), "Boundaries": each.astype(np.uint8)}
    scipy.io.savemat(path, {"groundTruth": cells})


def make_tree(root: Path, split: str = "test", names: tuple[str, ...] = ("2", "10")) -> dict[str, list[np.ndarray]]:
    random, drawn = np.random.default_rng(0), {}
    (root / "data" / "images" / split).mkdir(parents=True)
    for number, name in enumerate(names):
        shape = (9, 13) if number % 2 else (13, 9)
        Image.fromarray(random.integers(0, 256, (*shape, 3)).astype(np.uint8)).save(
            root / "data" / "images" / split / f"{name}.jpg"
        )
        drawn[name] = [random.random(shape) < 0.2 for _ in range(2 + number)]
        write_truth(root / "data" / "groundTruth" / split / f"{name}.mat", drawn[name])
    return drawn


def unpacked(row: dict) -> np.ndarray:
    shape = row["height"], row["width"]
    bits = np.unpackbits(np.frombuffer(row["boundary"], np.uint8), count=shape[0] * shape[1])
    return bits.reshape(shape).astype(np.bool_)


@pytest.mark.parametrize("place", bsds500.PLACES)
def test_a_made_tree_is_read_whole(tmp_path: Path, place: str) -> None:
    drawn = make_tree(tmp_path / place)
    dataset = datasets.load("bsds500", tmp_path)
    assert [name for item in dataset.items for name in item.names] == ["10", "2"]
    rows = dataset.labels["edges"].to_pylist()
    assert dataset.labels["edges"].schema.equals(BOUNDARIES)
    assert [(row["item"], row["annotator"]) for row in rows] == [("10", 0), ("10", 1), ("10", 2), ("2", 0), ("2", 1)]
    for row in rows:
        assert np.array_equal(unpacked(row), drawn[row["item"]][row["annotator"]])
    assert bsds500.notes(tmp_path) == ["2 of the 200 images of test are here"]


def test_other_splits_have_names_of_their_own(tmp_path: Path) -> None:
    make_tree(tmp_path, "val", ("7",))
    assert len(datasets.load("bsds500-val", tmp_path).labels["edges"]) == 2
    with pytest.raises(MissingData, match=r"data/images/test/\*\.jpg"):
        datasets.load("bsds500", tmp_path)


def test_an_image_without_ground_truth_is_an_error(tmp_path: Path) -> None:
    make_tree(tmp_path)
    (tmp_path / "data" / "groundTruth" / "test" / "2.mat").unlink()
    with pytest.raises(MissingData, match="none of 2"):
        datasets.load("bsds500", tmp_path)


def test_other_mat_files_are_refused(tmp_path: Path) -> None:
    text, other, uneven = tmp_path / "text.mat", tmp_path / "other.mat", tmp_path / "uneven.mat"
    text.write_text("not a mat file at all, but long enough for a header " * 10)
    scipy.io.savemat(other, {"somethingElse": np.ones(3)})
    write_truth(uneven, [np.ones((3, 4)), np.ones((4, 3))])
    for path in (text, other, uneven):
        with pytest.raises(MediaError, match="a cell array groundTruth"):
            bsds500.read_truth(path)
    with pytest.raises(MissingData):
        bsds500.read_truth(tmp_path / "nothing.mat")


def test_the_real_test_split() -> None:
    dataset = datasets.load("bsds500", real("datasets/BSDS500"))
    labels = dataset.labels["edges"]
    assert sum(len(item.names) for item in dataset.items) == 200
    assert labels.num_rows == 1063, "annotations of the 200 test images"
    assert set(zip(labels["height"].to_pylist(), labels["width"].to_pylist(), strict=True)) == {(321, 481), (481, 321)}
    share = unpacked(labels.slice(0, 1).to_pylist()[0]).mean()
    assert 0.005 < share < 0.05, "boundaries are thin"
