"""Walking folders: hidden files, links, loops, runs inside the data, suffixes that are passed over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import MissingData
from ahc_stream.datasets import files
from ahc_stream.datasets.media import passed_over


def put(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"")
    return root


def walked(root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in files.walk(root).files]


def names(root: Path) -> list[str]:
    return list(datasets.load(root).names)


def test_files_come_in_the_order_of_their_paths_without_hidden_ones(tmp_path: Path) -> None:
    put(tmp_path, "b/z.png", "a.png", "b/._z.png", ".git/c.png", "b/.DS_Store", "b/a.png")
    assert walked(tmp_path) == ["a.png", "b/a.png", "b/z.png"]


def test_a_link_to_a_folder_outside_is_followed(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "one.png", "deep/two.png")
    put(tmp_path / "data", "own.png")
    (tmp_path / "data" / "link").symlink_to(tmp_path / "elsewhere")
    assert walked(tmp_path / "data") == ["link/deep/two.png", "link/one.png", "own.png"]
    assert names(tmp_path / "data") == ["link/deep/two", "link/one", "own"]


def test_a_link_to_a_file_is_a_file_and_a_root_may_be_a_link(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "one.png")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "photo.png").symlink_to(tmp_path / "elsewhere" / "one.png")
    (tmp_path / "root").symlink_to(tmp_path / "data")
    assert names(tmp_path / "root") == ["photo"] and datasets.load(tmp_path / "root").name == "root"


@pytest.mark.parametrize("target", [".", "..", "sub", "../data/sub"])
def test_a_loop_of_links_ends_and_each_folder_is_entered_once(tmp_path: Path, target: str) -> None:
    put(tmp_path / "data", "a.png", "sub/b.png")
    (tmp_path / "data" / "sub" / "loop").symlink_to(tmp_path / "data" / target)
    (tmp_path / "data" / "again").symlink_to("sub")
    assert walked(tmp_path / "data") == ["a.png", "sub/b.png"]


def test_two_links_to_one_folder_are_one(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", "one.png")
    (tmp_path / "data").mkdir()
    for link in ("second", "first"):
        (tmp_path / "data" / link).symlink_to(tmp_path / "elsewhere")
    assert walked(tmp_path / "data") == ["first/one.png"]


def test_what_cannot_be_followed_is_noted(tmp_path: Path) -> None:
    put(tmp_path, "a.png")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere")
    (tmp_path / "self").symlink_to("self")
    assert files.walk(tmp_path).unread == ("gone.png", "self")
    assert "2 broken links or folders that may not be read: gone.png, self" in datasets.load(tmp_path).notes


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_noted(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "lost+found/b.png")
    (tmp_path / "lost+found").chmod(0)
    assert files.walk(tmp_path).unread == ("lost+found",)


def test_other_suffixes_are_noted_with_their_numbers(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "b.jxl", "c.GIF", "d.gif", "README", "Thumbs.db", "desktop.ini", ".hidden.gif")
    assert datasets.load(tmp_path).notes == ("4 files passed over: 2 .gif, 1 .jxl, 1 without suffix",)
    assert passed_over([Path("a.mp4"), Path("b.PNG"), Path("Thumbs.db")]) == []


def test_a_folder_of_other_suffixes_alone_says_which(tmp_path: Path) -> None:
    put(tmp_path, "a.jxl", "b.heic")
    with pytest.raises(MissingData, match=r"none in .*; 2 files passed over: 1 \.heic, 1 \.jxl"):
        datasets.load(tmp_path)


@pytest.mark.parametrize("suffix", [".3gp", ".asf", ".flv", ".mxf", ".ogv", ".vob", ".wmv", ".WMV"])
def test_every_container_of_the_field_is_a_video(tmp_path: Path, suffix: str) -> None:
    put(tmp_path, f"film{suffix}", "other.mp4")
    assert {item.medium for item in datasets.load(tmp_path).items} == {"video"} and len(names(tmp_path)) == 2


def test_a_manifest_of_another_program_is_a_file_like_others(tmp_path: Path) -> None:
    put(tmp_path, "app/icon.png", "app2/icon.png")
    (tmp_path / "app" / "manifest.json").write_text('{"name": "an app", "format": 1}')
    (tmp_path / "app2" / "manifest.json").write_text("no JSON")
    assert walked(tmp_path) == ["app/icon.png", "app/manifest.json", "app2/icon.png", "app2/manifest.json"]


@pytest.mark.parametrize("name", ["../x.png", "/etc/passwd", "a/../../x.png", "..\\x.png", "", ".", "a\0b", "x" * 300])
def test_a_name_that_leaves_its_folder_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name of a file"):
        files.inside(Path("/data"), name)


def test_either_slash_parts_a_name() -> None:
    assert files.inside(Path("/data"), "a\\b.png") == files.inside(Path("/data"), "./a//b.png") == Path("/data/a/b.png")


def test_names_that_no_system_has_are_no_files(tmp_path: Path) -> None:
    for name in ("x" * 300, "a\0b", "half \ud83d"):
        assert not files.is_file(tmp_path / name)
        assert files.existing(str(tmp_path / name)) is None
    assert files.existing("~nobody-of-this-name/x") is None and files.children(tmp_path / "nothing") == []
