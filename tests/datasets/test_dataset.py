"""Shards, limits and fingerprints."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ahc_stream.core.clip import Item
from ahc_stream.core.digests import ENDS_BYTES
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.labels import BOXES
from ahc_stream.datasets import Dataset
from ahc_stream.datasets.items import stills_items


def box(item: str) -> dict[str, object]:
    place = {"x1": 0.0, "y1": 0.0, "x2": 1.0, "y2": 1.0}
    return {"dataset": "d", "item": item, "frame": 0, "track_id": 1, "class_name": "person", **place, "ignore": False}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Four videos a to d and one item of two stills, with a box each."""
    for name in "abcdef":
        (tmp_path / name).write_bytes(name.encode())
    videos = tuple(Item("d", name, "video", (tmp_path / name,)) for name in "abcd")
    stills = Item("d", "e..f", "stills", (tmp_path / "e", tmp_path / "f"), ("e", "f"))
    labels = pa.Table.from_pylist([box(name) for name in "abcdef"], schema=BOXES)
    return Dataset("d", (*videos, stills), {"detection": labels}, "CC0", ("detection",))


def labelled(dataset: Dataset) -> list[str]:
    return dataset.labels["detection"]["item"].to_pylist()


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_shards_are_disjoint_and_together_the_whole(dataset: Dataset, count: int) -> None:
    shards = [dataset.shard(index, count) for index in range(count)]
    assert sorted(name for shard in shards for name in shard.names) == list("abcdef")
    assert sorted(name for shard in shards for name in labelled(shard)) == list("abcdef")


def test_a_shard_has_the_labels_of_its_items_only(dataset: Dataset) -> None:
    assert labelled(dataset.shard(1, 2)) == ["b", "d", "f"]
    assert labelled(dataset.shard(4, 5)) == []
    assert dataset.shard(1, 2).tasks == ("detection",)


@pytest.mark.parametrize("count", [2, 5, 40])
def test_stills_are_dealt_one_by_one_in_items_as_large_as_before(count: int) -> None:
    names = [f"{number:02d}" for number in range(70)]
    whole = Dataset("d", stills_items("d", [Path(name) for name in names], names, 8))
    shards = [whole.shard(index, count) for index in range(count)]
    assert [list(shard.names) for shard in shards] == [names[index::count] for index in range(count)]
    assert all(len(item.names) <= 8 for shard in shards for item in shard.items)


def test_a_limit_takes_the_first_items(dataset: Dataset) -> None:
    assert [item.name for item in dataset.limit(2).items] == ["a", "b"]
    assert labelled(dataset.limit(2)) == ["a", "b"]
    assert dataset.limit(99) is dataset


@pytest.mark.parametrize(("index", "count"), [(2, 2), (-1, 2), (0, 0)])
def test_a_shard_that_does_not_exist_is_refused(dataset: Dataset, index: int, count: int) -> None:
    with pytest.raises(InvalidValue):
        dataset.shard(index, count)


def test_a_limit_of_nothing_is_refused(dataset: Dataset) -> None:
    with pytest.raises(InvalidValue):
        dataset.limit(0)


def of_file(path: Path) -> Dataset:
    return Dataset("d", (Item("d", "a", "video", (path,)),))


def test_the_fingerprint_names_its_algorithm_and_not_the_place(tmp_path: Path) -> None:
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.mp4").write_bytes(b"content")
    here, there = (of_file(tmp_path / folder / "a.mp4").fingerprint() for folder in ("here", "there"))
    assert here == there
    assert here.startswith("sha256-of-names-sizes-ends:") and len(here.rpartition(":")[2]) == 64


@pytest.mark.parametrize("size", [1, ENDS_BYTES - 1, ENDS_BYTES + 1, 2 * ENDS_BYTES + 1, 5 * ENDS_BYTES])
def test_the_fingerprint_sees_both_ends_and_the_size(tmp_path: Path, size: int) -> None:
    path, seen = tmp_path / "a.mp4", set()
    for content in (bytes(size), b"\1" + bytes(size)[1:], bytes(size)[1:] + b"\2", bytes(size + 1)):
        path.write_bytes(content)
        seen.add(of_file(path).fingerprint())
    assert len(seen) == 4
