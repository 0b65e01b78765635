"""What stands behind the end of a whole file, and recordings one behind the other: right frames, or a failure."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.sources.made import count_by_ffmpeg, cut, film, outcome

H264 = ("-c:v", "libx264", "-bf", "3")


@pytest.mark.parametrize("behind", [b"\xffgarbage" * 50, bytes(5000), b"\x00\x00\x00\x08free", b"\x00\x00\xff\xffjunk"])
def test_bytes_behind_the_last_box_are_no_damage(tmp_path: Path, behind: bytes) -> None:
    path = film(tmp_path / "a.mp4", *H264)
    path.write_bytes(path.read_bytes() + behind)
    got = outcome(path)
    assert got.error is None and got.count == count_by_ffmpeg(path) == 20


@pytest.mark.parametrize(
    "flags", [(), ("-movflags", "+frag_keyframe+empty_moov", "-g", "5"), ("-movflags", "+faststart")]
)
def test_a_cut_within_a_box_that_readers_know_is_damage(tmp_path: Path, flags: tuple[str, ...]) -> None:
    got = outcome(cut(film(tmp_path / "a.mp4", *H264, *flags), 0.7))
    assert got.error is not None and got.count < 20


@pytest.mark.parametrize("codec", [H264, ("-c:v", "libvpx-vp9", "-cpu-used", "8"), ("-c:v", "ffv1")])
def test_two_matroska_files_joined_are_both(tmp_path: Path, codec: tuple[str, ...]) -> None:
    """FFmpeg's guess at decoding times runs back at each B frame of the second one, which is no further recording."""
    path = film(tmp_path / "a.mkv", *codec)
    whole, data = outcome(path), path.read_bytes()
    path.write_bytes(data + data)
    got = outcome(path)
    assert got.error is None and got.count == count_by_ffmpeg(path) == 40
    assert np.array_equal(got.frames, np.concatenate([whole.frames, whole.frames]))
    assert got.notes_with("time runs back at frame 20")


@pytest.mark.parametrize(("before", "behind"), [(bytes(77), b""), (b"", (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 5)])
def test_a_transport_stream_between_other_bytes_is_whole(tmp_path: Path, before: bytes, behind: bytes) -> None:
    path = film(tmp_path / "a.ts", "-c:v", "mpeg2video")
    path.write_bytes(before + path.read_bytes() + behind)
    got = outcome(path)
    assert got.error is None and got.count == 20


def test_a_recording_that_begins_late_or_with_an_empty_name_is_as_any(tmp_path: Path) -> None:
    late = outcome(film(tmp_path / "late.mkv", *H264, "-output_ts_offset", "3600"))
    assert late.error is None and late.count == 20
    (tmp_path / "empty.mp4").write_bytes(b"")
    assert outcome(tmp_path / "empty.mp4").error is not None
