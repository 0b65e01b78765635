"""Names of items: each another one, by construction."""

from __future__ import annotations

import itertools
import os
from pathlib import Path, PurePath

import pyarrow as pa
import pytest

from ahc_stream import datasets
from ahc_stream.core.clip import Item
from ahc_stream.core.errors import InvalidValue, MediaError
from ahc_stream.datasets import Dataset
from ahc_stream.datasets.items import apart, item_names

LATIN = os.fsdecode(b"caf\xe9.png")


def named(*paths: str) -> list[str]:
    return item_names([PurePath(path) for path in paths])


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (("a.jpg", "b.jpg"), ["a", "b"]),
        (("a.jpg", "a.png", "a.jpg.png"), ["a.jpg", "a.png", "a.jpg.png"]),
        (("a.jpg", "a.jpg.png"), ["a", "a.jpg.png"]),
        (("a.b.jpg", "a.b", "a.c"), ["a.b.jpg", "a.b", "a.c"]),
        (("x/a.jpg", "y/a.jpg", "a.jpg"), ["x/a", "y/a", "a"]),
        (("A.jpg", "a.jpg"), ["A", "a"]),
        ((LATIN, r"caf\xe9.png"), [r"caf\xe9.png", r"caf\xe9.png (2)"]),
        (("写真.png", "写真.jpg", "фото.jpg"), ["写真.png", "写真.jpg", "фото"]),
    ],
)
def test_names_are_short_where_they_can_be(paths: tuple[str, ...], expected: list[str]) -> None:
    assert named(*paths) == expected


def test_any_set_of_such_names_stays_apart() -> None:
    parts = ["a", "a.jpg", "a.png", "a.jpg.png", "a.png.jpg", "a (2)", "a (2).jpg", LATIN, r"caf\xe9.png", "a.jpg.jpg"]
    for count in range(1, 6):
        for paths in itertools.combinations(parts, count):
            assert len(set(named(*paths))) == count
            pa.array(named(*paths), pa.string())  # and Arrow takes them


def test_a_number_goes_behind_what_was_there_before() -> None:
    assert apart(["a", "a", "a (2)", "a"]) == ["a", "a (2)", "a (2) (2)", "a (3)"]


def test_a_dataset_with_one_name_twice_is_refused() -> None:
    items = (
        Item("d", "a", "video", (Path("/a.mp4"),)),
        Item("d", "a..b", "stills", (Path("/a"), Path("/b")), ("a", "b")),
    )
    with pytest.raises(InvalidValue, match="'a' 2 times"):
        Dataset("d", items)


def test_a_limit_counts_images_and_videos(tmp_path: Path) -> None:
    for name in ("film.mp4", *(f"{number}.png" for number in range(5))):
        (tmp_path / name).write_bytes(b"")
    dataset = datasets.load(tmp_path)
    assert dataset.names == ("film", "0", "1", "2", "3", "4")
    assert dataset.limit(3).names == ("film", "0", "1") and dataset.limit(3).items[1].name == "0..1"
    assert dataset.limit(1).names == ("film",) and dataset.limit(6).names == dataset.names
    labels = pa.table({"item": ["film", "1", "4"]})
    limited = Dataset("d", dataset.items, {"ocr": labels}).limit(3)
    assert limited.labels["ocr"]["item"].to_pylist() == ["film", "1"]


def test_a_stream_of_a_video_is_chosen_by_its_number(tmp_path: Path) -> None:
    for name in ("film.mkv", "photo.png", "odd#1.mkv"):
        (tmp_path / name).write_bytes(b"")
    (item,) = datasets.load(f"{tmp_path}/film.mkv#2").items
    assert (item.name, item.stream, item.paths) == ("film#2", 2, (tmp_path / "film.mkv",))
    (item,) = datasets.load(tmp_path / "odd#1.mkv").items
    assert (item.name, item.stream) == ("odd#1", None)
    for name in ("photo.png#1", "#1"):
        with pytest.raises(MediaError, match="a video, for a stream"):
            datasets.load(f"{tmp_path}/{name}")


@pytest.mark.parametrize("name", [".", "..", "sub/..", "../data"])
def test_a_folder_by_any_way_to_it_has_its_own_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "data" / "sub").mkdir(parents=True)
    (tmp_path / "data" / "a.png").write_bytes(b"")
    monkeypatch.chdir(tmp_path / "data" / "sub" if name == ".." else tmp_path / "data")
    dataset = datasets.load(name)
    assert dataset.name == "data" and dataset.names == ("a",)
