"""Folders of anything: which files become which items."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.datasets.items import STILLS_PER_ITEM
from tests.conftest import real


def put(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")


def test_images_and_videos_of_a_tree_become_items_in_order(tmp_path: Path) -> None:
    put(tmp_path, "b/two.MP4", "a/one.mkv", "a/x.JPG", "notes.txt", "a/y.png")
    dataset = datasets.load(tmp_path)
    assert dataset.name == tmp_path.name
    assert [(item.name, item.medium) for item in dataset.items] == [
        ("a/one", "video"),
        ("b/two", "video"),
        ("a/x..a/y", "stills"),
    ]
    assert dataset.items[2].names == ("a/x", "a/y")
    assert all(path.is_absolute() for item in dataset.items for path in item.paths)
    assert dataset.tasks == () and dataset.labels == {}


def test_files_that_differ_in_suffix_only_keep_it(tmp_path: Path) -> None:
    put(tmp_path, "a.jpg", "a.png", "b.png", "c.mp4", "c.png")
    (video, stills) = datasets.load(tmp_path).items
    assert video.name == "c.mp4"
    assert stills.names == ("a.jpg", "a.png", "b", "c.png")


def test_many_stills_are_cut_into_items_with_unique_names(tmp_path: Path) -> None:
    put(tmp_path, *(f"{index:03d}.png" for index in range(2 * STILLS_PER_ITEM + 1)))
    items = datasets.load(tmp_path).items
    assert [len(item.paths) for item in items] == [STILLS_PER_ITEM, STILLS_PER_ITEM, 1]
    assert [item.name for item in items] == ["000..031", "032..063", "064"]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    put(tmp_path, ".hidden.png", ".git/a.png", "shown.png")
    (item,) = datasets.load(tmp_path).items
    assert item.names == ("shown",)


def test_a_folder_named_like_a_file_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "odd.png").mkdir()
    put(tmp_path, "odd.png/inside.jpg")
    (item,) = datasets.load(tmp_path).items
    assert item.names == ("odd.png/inside",)


def test_a_hidden_folder_on_the_way_to_the_root_does_not_matter(tmp_path: Path) -> None:
    put(tmp_path, ".cache/set/a.png")
    assert datasets.load(tmp_path / ".cache" / "set").items[0].names == ("a",)


def test_one_file_is_a_dataset_of_one_item(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "walk.mp4")
    monkeypatch.chdir(tmp_path)
    dataset = datasets.load("walk.mp4")
    assert (dataset.name, dataset.items[0].name, dataset.items[0].paths) == (
        "walk.mp4",
        "walk",
        (tmp_path / "walk.mp4",),
    )


def test_an_empty_folder_names_the_suffixes_looked_for(tmp_path: Path) -> None:
    put(tmp_path, "notes.txt")
    with pytest.raises(MissingData, match=r"none in .*\.mp4"):
        datasets.load(tmp_path)


def test_a_file_that_is_no_media_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "notes.pdf")
    with pytest.raises(MediaError, match=r"notes\.pdf"):
        datasets.load(tmp_path / "notes.pdf")


def test_the_real_clips_are_five_videos() -> None:
    items = datasets.load(real("clips")).items
    assert {item.medium for item in items} == {"video"}
    assert "flipping_a_pancake" in [item.name for item in items]
