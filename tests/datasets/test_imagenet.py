"""Photos of ImageNet classes in both layouts, made and real."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import MissingData
from tests.conftest import real


def names_and_classes(root: Path) -> list[tuple[str, str]]:
    dataset = datasets.load("imagenet-sample", root)
    table = dataset.labels["classification"]
    assert [name for item in dataset.items for name in item.names] == table["item"].to_pylist()
    return list(zip(table["item"].to_pylist(), table["class_name"].to_pylist(), strict=True))


def test_a_class_is_the_number_in_the_file_name(tmp_path: Path) -> None:
    for name in ("n03126707_crane.JPEG", "n02012849_crane.JPEG", "class_index.txt", "n1_short.JPEG", "bird.jpg"):
        (tmp_path / name).touch()
    assert names_and_classes(tmp_path) == [("n02012849_crane", "n02012849"), ("n03126707_crane", "n03126707")]


def test_a_class_may_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "n01440764").mkdir()
    (tmp_path / "n01440764" / "ILSVRC2012_val_00000293.JPEG").touch()
    assert names_and_classes(tmp_path) == [("n01440764/ILSVRC2012_val_00000293", "n01440764")]


def test_photos_without_a_class_are_missing_data(tmp_path: Path) -> None:
    (tmp_path / "bird.jpg").touch()
    with pytest.raises(MissingData, match="n01440764_tench"):
        datasets.load("imagenet-sample", tmp_path)


def test_the_real_sample_has_95_photos_of_as_many_classes() -> None:
    found = names_and_classes(real("datasets/imagenet-sample"))
    assert len(found) == len({wordnet for _, wordnet in found}) == 95
    assert ("n01440764_tench", "n01440764") in found
