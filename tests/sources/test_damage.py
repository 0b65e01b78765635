"""Damage is judged by evidence: what a container claims of its length is believed by nobody, what is cut is found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ahc_stream.sources.structure import structural_damage
from tests.sources.made import CASES, cut, ffmpeg, film, outcome, zeroed

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "5", "-bf", "0")


def test_an_edit_list_that_ends_early_leaves_a_whole_file() -> None:
    got = outcome(CASES / "editlist_end.mp4")
    assert got.count == 15 and got.error is None and got.notes_with("edit list")


def test_an_edit_list_that_begins_late_leaves_a_whole_file(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mp4", *X264, frames=20)
    ffmpeg("-ss", "0.7", "-i", whole, "-c", "copy", tmp_path / "late.mp4")
    got = outcome(tmp_path / "late.mp4")
    assert got.count == 13 and got.error is None


def test_joined_transport_streams_are_whole_and_say_where_time_runs_back() -> None:
    got = outcome(CASES / "concatenated.ts")
    assert got.count == 20 and got.error is None
    assert got.notes_with("time runs back at frame 10, from 2.300 to 1.400 s")


def test_three_joined_transport_streams_are_whole(tmp_path: Path) -> None:
    part = film(tmp_path / "part.ts", *X264, frames=12)
    path = tmp_path / "all.ts"
    path.write_bytes(part.read_bytes() * 3)
    assert outcome(path).count == 36 and outcome(path).error is None


def test_a_joined_stream_whose_first_part_is_cut_is_damaged(tmp_path: Path) -> None:
    part = film(tmp_path / "part.ts", *X264, frames=12).read_bytes()
    packets = len(part) // 188
    path = tmp_path / "both.ts"
    path.write_bytes(part[: packets // 2 * 188] + part)
    assert outcome(path).error is not None


def claiming(path: Path, seconds: float) -> Path:
    """A Matroska file whose Duration is another one: element 0x4489, a float of eight bytes."""
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88") + 3
    data[at : at + 8] = np.array(1000 * seconds, ">f8").tobytes()
    target = path.with_stem(f"{path.stem}_claims")
    target.write_bytes(data)
    return target


def test_a_matroska_file_that_claims_too_long_a_duration_is_whole(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mkv", *X264)
    got = outcome(claiming(whole, 60))
    assert got.count == 20 and got.error is None


def test_a_matroska_file_that_is_cut_is_damaged_whatever_it_claims(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mkv", *X264)
    got = outcome(cut(claiming(whole, 1), 0.7))
    assert 0 < got.count < 20 and "where its segment ends" in str(got.error)


CONTAINERS = {
    "mkv": X264,
    "webm": ("-c:v", "libvpx", "-g", "5"),
    "mp4": (*X264, "-movflags", "+faststart"),
    "fragmented.mp4": (*X264, "-movflags", "frag_keyframe+empty_moov"),
    "mov": (*X264, "-movflags", "+faststart"),
    "avi": ("-c:v", "mpeg4", "-g", "5"),
    "ts": X264,
    "live.webm": ("-c:v", "libvpx", "-g", "5", "-live", "1"),
    "m2ts": X264,
}


@pytest.mark.parametrize("share", [0.4, 0.75, 0.93])
@pytest.mark.parametrize("name", CONTAINERS)
def test_a_cut_file_is_damaged(tmp_path: Path, name: str, share: float) -> None:
    whole = film(tmp_path / f"whole.{name}", *CONTAINERS[name])
    assert outcome(whole).error is None
    got = outcome(cut(whole, share))
    assert got.error is not None and got.count <= 20


@pytest.mark.parametrize("name", [name for name in CONTAINERS if name != "live.webm"])
def test_a_file_whose_end_is_zeros_is_damaged(tmp_path: Path, name: str) -> None:
    whole = film(tmp_path / f"whole.{name}", *CONTAINERS[name])
    got = outcome(zeroed(whole, 0.6))
    assert got.error is not None and got.count < 20


@pytest.mark.parametrize("name", ["mkv", "mp4", "avi", "live.webm"])
def test_what_lies_behind_a_whole_file_is_no_damage(tmp_path: Path, name: str) -> None:
    whole = film(tmp_path / f"whole.{name}", *CONTAINERS[name])
    longer = whole.with_stem("longer")
    longer.write_bytes(whole.read_bytes() + (bytes(100) if name != "live.webm" else b""))
    assert outcome(longer).error is None and outcome(longer).count == 20


def test_a_hole_of_zeros_within_a_cluster_is_found(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mkv", *X264, frames=40)
    data = bytearray(whole.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 800] = bytes(800)
    path = tmp_path / "hole.mkv"
    path.write_bytes(data)
    assert outcome(path).error is not None


@pytest.mark.parametrize("name", ["mkv", "mp4", "avi", "ts"])
def test_flipped_bytes_inside_frames_end_the_stream_or_are_invisible(tmp_path: Path, name: str) -> None:
    """Never more frames than there are, and nothing but our own errors."""
    whole = film(tmp_path / f"whole.{name}", *CONTAINERS[name], frames=30)
    data = bytearray(whole.read_bytes())
    random = np.random.default_rng(3)
    for at in random.integers(len(data) // 3, len(data) * 2 // 3, 20):
        data[at] ^= 0xFF
    path = whole.with_stem("flipped")
    path.write_bytes(data)
    got = outcome(path)
    assert got.count <= 30 and (got.error is not None or got.count > 0)


def test_a_file_of_an_unknown_container_is_not_judged(tmp_path: Path) -> None:
    path = tmp_path / "a.mpg"
    path.write_bytes(b"anything")
    assert structural_damage(path, "mpeg") is None
