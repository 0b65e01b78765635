"""Frames that an item tells of before any is decoded, against those that come out of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import pytest
import torch

from ahc_stream import datasets
from ahc_stream.core.clip import Item
from ahc_stream.sources import Limits, open_item, told_frames
from tests.pictures import write_pictures
from tests.test_long_stream import write_long_video

CUTS = [None, range(3, 11), range(5, 10**9, 4), range(0, 3), range(2, 17, 3)]


def decoded(item: Item) -> int:
    return sum(len(clip) for clip in open_item(item, 16, torch.device("cpu")))


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_what_a_header_tells_is_what_comes_out(tmp_path: Path, cut: range | None) -> None:
    write_long_video(tmp_path / "film.mp4", 20, 32, 48)
    video = Item("d", "film", "video", (tmp_path / "film.mp4",), cut=cut)
    pictures = tuple(sorted(write_pictures(tmp_path / "pictures", 20).iterdir()))
    sequence = Item("d", "numbered", "sequence", pictures, cut=cut)
    for item in (video, sequence):
        assert told_frames(item) == decoded(item)
        assert told_frames(replace(item, cut=range(50, 60))) == 0  # which is an error of who decodes


def test_raw_video_is_counted_by_its_size_and_a_matroska_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "a_32x16_25.yuv").write_bytes(bytes(32 * 16 * 3 // 2 * 7))
    (item,) = datasets.load(tmp_path / "a_32x16_25.yuv").items
    assert told_frames(item) == 7 == decoded(item)
    write_long_video(tmp_path / "film.mkv", 6, 32, 48)
    with av.open(str(tmp_path / "film.mkv")) as container:
        assert container.streams.video[0].frames == 0
    assert told_frames(Item("d", "film", "video", (tmp_path / "film.mkv",))) is None


def test_what_cannot_be_opened_tells_nothing(tmp_path: Path) -> None:
    write_long_video(tmp_path / "film.mp4", 6, 32, 48)
    film = Item("d", "film", "video", (tmp_path / "film.mp4",))
    assert told_frames(film, Limits(frame_pixels=100)) is None
    (tmp_path / "film.mp4").write_bytes(b"no film")
    assert told_frames(film) is None
    assert told_frames(replace(film, paths=(tmp_path / "nowhere.mp4",))) is None
    stills = Item("d", "a..b", "stills", (tmp_path / "a.png", tmp_path / "b.png"), ("a", "b"))
    assert told_frames(stills) == 2
