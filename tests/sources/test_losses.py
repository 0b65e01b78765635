"""Frames out are accounted for against packets in: what a decoder would hide is a failure, or a note where it leaves no
trace but a hole in the times; what is whole is never suspected."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.core.errors import MediaError
from ahc_stream.sources.accounting import time_notes
from tests.sources.made import CASES, count_by_ffmpeg, dropping, film, from_key, outcome, packets_of, without

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "100")
X265 = ("-c:v", "libx265", "-preset", "ultrafast")


def test_a_lost_reference_gives_the_frames_before_it_and_then_ffmpegs_own_reason() -> None:
    got = outcome(CASES / "hevc_lost.mkv")
    assert got.count == 7 and isinstance(got.error, MediaError)
    assert "Could not find ref with POC 7" in str(got.error) and "fetch" not in str(got.error).lower()


OPEN_GOP = ("-x265-params", "open-gop=1:keyint=10:min-keyint=10:scenecut=0:bframes=3:log-level=none")


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_leading_pictures_of_an_open_gop_are_no_loss(tmp_path: Path, suffix: str) -> None:
    whole = film(tmp_path / f"open.{suffix}", *X265, *OPEN_GOP, frames=43)
    assert outcome(whole).count == 43 and outcome(whole).error is None
    part = from_key(whole)
    got = outcome(part)
    assert got.error is None and got.count == count_by_ffmpeg(part)
    expected = "an edit list" if suffix == "mp4" else "begins between key frames"  # ffmpeg writes a list into MP4
    assert got.count < len(packets_of(part)) and got.notes_with(expected)


def test_leading_pictures_of_mpeg2_are_no_loss(tmp_path: Path) -> None:
    options = ("-g", "10", "-bf", "2", "-sc_threshold", "1000000000")
    whole = film(tmp_path / "open.mkv", "-c:v", "mpeg2video", *options, frames=40)
    got = outcome(from_key(whole))
    assert got.count == 28 and got.error is None and got.notes_with("begins between key frames")


def test_leading_pictures_behind_a_splice_are_no_loss(tmp_path: Path) -> None:
    """Two recordings joined, the second of which begins with an open GOP."""
    whole = film(tmp_path / "open.ts", *X265, *OPEN_GOP, frames=43)
    both = tmp_path / "both.ts"
    both.write_bytes(whole.read_bytes() + from_key(whole).read_bytes())
    got = outcome(both)
    parts = sum(outcome(part).count for part in (whole, from_key(whole)))
    assert got.count == parts and got.error is None and got.notes_with("time runs back")


def test_a_joined_recording_that_never_begins_is_a_failure(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.ts", *X264)
    both = tmp_path / "both.ts"
    both.write_bytes(whole.read_bytes() + dropping(whole, "eq(n,0)", "headless").read_bytes())
    got = outcome(both)
    assert got.count == 20 and got.error is not None


LOSSY = {
    "h264": ("mkv", X264),
    "h264_no_b": ("mkv", ("-c:v", "libx264", "-bf", "0", "-g", "100")),
    "hevc": ("mkv", (*X265, "-x265-params", "log-level=none")),
    "mpeg4": ("mkv", ("-c:v", "mpeg4", "-bf", "2", "-g", "100")),
    "mpeg2": ("mkv", ("-c:v", "mpeg2video", "-bf", "2", "-g", "100")),
    "vp8": ("webm", ("-c:v", "libvpx", "-g", "100")),
    "vp9": ("webm", ("-c:v", "libvpx-vp9", "-g", "100", "-cpu-used", "8")),
    "av1": ("mkv", ("-c:v", "libaom-av1", "-cpu-used", "8", "-g", "100", "-usage", "realtime")),
}


@pytest.mark.parametrize("name", LOSSY)
@pytest.mark.parametrize("number", [5, 12])
def test_a_packet_taken_out_is_a_failure_or_a_hole_in_the_times(tmp_path: Path, name: str, number: int) -> None:
    suffix, options = LOSSY[name]
    whole = film(tmp_path / f"whole.{suffix}", *options)
    assert outcome(whole).error is None and not outcome(whole).notes_with("hole")
    got = outcome(without(whole, number))
    assert got.error is not None or got.notes_with("a hole in the times")
    assert got.count < 20


def test_the_hole_is_told_with_its_times(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mkv", "-c:v", "libx264", "-bf", "0", "-g", "1")
    (note,) = outcome(without(whole, 7)).notes_with("hole")
    assert "from 0.600 to 0.800 s at frame 7" in note


def test_b_frames_that_a_lost_reference_silences_are_a_failure(tmp_path: Path) -> None:
    """MPEG-4's decoder drops them without a word."""
    whole = film(tmp_path / "whole.mkv", "-c:v", "mpeg4", "-bf", "2", "-g", "100")
    packets = packets_of(whole)
    reference = next(n for n, packet in enumerate(packets) if n > 4 and packet.pts > packets[n + 1].pts)
    got = outcome(without(whole, reference))
    assert got.error is not None and "packets" in str(got.error)


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("mkv", ("-c:v", "mpeg4", "-g", "100")),
        ("avi", ("-c:v", "mpeg4", "-g", "100", "-bf", "2")),
        ("avi", ("-c:v", "msmpeg4v2", "-g", "100")),
        ("wmv", ("-c:v", "wmv2", "-g", "100")),
        ("flv", ("-c:v", "flv1", "-g", "100")),
        ("mkv", ("-c:v", "mpeg2video", "-g", "100")),
        ("mkv", X264),
        ("webm", ("-c:v", "libvpx", "-g", "100")),
    ],
)
def test_a_stream_without_a_key_frame_is_refused(tmp_path: Path, suffix: str, options: tuple[str, ...]) -> None:
    whole = film(tmp_path / f"whole.{suffix}", *options, frames=16)
    got = outcome(dropping(whole, "eq(n,0)", "headless"))
    assert got.count == 0 and got.error is not None


def test_frames_before_the_first_key_frame_are_left_out_and_told(tmp_path: Path) -> None:
    whole = film(tmp_path / "whole.mkv", "-c:v", "mpeg4", "-g", "10", "-sc_threshold", "1000000000")
    got = outcome(dropping(whole, "lt(n,4)", "late"))
    assert got.count == 10 and got.error is None and got.seconds[0] == pytest.approx(1.0)
    assert got.notes_with("6 frames before the first key frame")


WHOLE = {
    "x264 b-pyramid mp4": ("mp4", ("-c:v", "libx264", "-bf", "5", "-x264-params", "b-pyramid=normal")),
    "x264 avi": ("avi", ("-c:v", "libx264", "-bf", "3")),
    "x264 ts": ("ts", X264),
    "x264 flv": ("flv", X264),
    "x264 raw": ("h264", X264),
    "x264 intra refresh": ("mkv", ("-c:v", "libx264", "-x264-params", "intra-refresh=1:keyint=10")),
    "x264 interlaced": ("ts", ("-c:v", "libx264", "-flags", "+ildct+ilme", "-x264-params", "tff=1")),
    "x265 mov": ("mov", (*X265, "-x265-params", "log-level=none", "-tag:v", "hvc1")),
    "x265 raw": ("hevc", (*X265, "-x265-params", "log-level=none")),
    "mpeg4 b avi": ("avi", ("-c:v", "mpeg4", "-bf", "2")),
    "mpeg2 ps": ("mpg", ("-c:v", "mpeg2video", "-bf", "2")),
    "mpeg2 ts interlaced": ("ts", ("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-bf", "2")),
    "mpeg1 mpg": ("mpg", ("-c:v", "mpeg1video", "-r", "25")),
    "vp8 alt-ref": ("webm", ("-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-b:v", "200k")),
    "vp8 ivf": ("ivf", ("-c:v", "libvpx", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-b:v", "200k")),
    "vp9 alt-ref": ("webm", ("-c:v", "libvpx-vp9", "-auto-alt-ref", "1", "-lag-in-frames", "16", "-cpu-used", "8")),
    "vp9 ivf": ("ivf", ("-c:v", "libvpx-vp9", "-lag-in-frames", "16", "-cpu-used", "8")),
    "av1 mp4": ("mp4", ("-c:v", "libsvtav1", "-preset", "12")),
    "av1 obu": ("obu", ("-c:v", "libaom-av1", "-cpu-used", "8")),
    "theora": ("ogv", ("-c:v", "libtheora",)),
    "flv1": ("flv", ("-c:v", "flv1",)),
    "wmv": ("wmv", ("-c:v", "wmv2",)),
    "mjpeg": ("avi", ("-c:v", "mjpeg",)),
    "ffv1": ("mkv", ("-c:v", "ffv1", "-level", "3")),
    "prores": ("mov", ("-c:v", "prores", "-pix_fmt", "yuv422p10le")),
    "3gp": ("3gp", ("-c:v", "mpeg4",)),
    "mxf": ("mxf", ("-c:v", "mpeg2video", "-r", "25")),
    "live webm": ("webm", ("-c:v", "libvpx", "-live", "1")),
    "fragmented mp4": ("mp4", (*X264, "-movflags", "frag_keyframe+empty_moov")),
    "y4m": ("y4m", ()),
}  # fmt: skip


@pytest.mark.parametrize("name", WHOLE)
def test_whole_streams_of_every_kind_are_not_suspected(tmp_path: Path, name: str) -> None:
    suffix, options = WHOLE[name]
    path = film(tmp_path / f"whole.{suffix}", *options, frames=45)
    got = outcome(path)
    assert got.error is None
    assert got.count == count_by_ffmpeg(path) >= 43
    assert got.seconds == sorted(got.seconds)
    suspicions = ("hole", "runs back", "left out", "no frame", "key frame")
    assert not [note for note in got.notes if any(word in note for word in suspicions)]


def test_packed_b_frames_are_all_there(tmp_path: Path) -> None:
    """Xvid puts two frames into one packet, and an empty one behind it."""
    path = film(tmp_path / "packed.avi", "-c:v", "libxvid", "-bf", "2")
    got = outcome(path)
    assert got.error is None and got.count == count_by_ffmpeg(path) and got.seconds == sorted(got.seconds)


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        ([0.0, 0.1, 0.2, 0.3, 0.4], []),
        ([0.0, 0.1, 0.2, 0.4, 0.5], ["a hole in the times at 1 place, the first from 0.200 to 0.400 s at frame 3"]),
        ([0.0, 0.04, 0.09, 0.1, 0.2, 0.201, 0.25, 0.9], []),  # a variable rate is no hole
        ([1.4, 1.5, 1.4, 1.5], ["time runs back at frame 2, from 1.500 to 1.400 s"]),
        ([0.0, 0.033, 0.067, 0.1, 0.133], []),  # rounded to milliseconds
        ([], []),
        ([3.0], []),
    ],
)
def test_holes_are_told_from_variable_rates(seconds: list[float], expected: list[str]) -> None:
    assert list(time_notes(seconds)) == expected
