"""The same stream gives the same RGB, within one grey level, whichever source opens it, or is refused with a reason."""

from __future__ import annotations

import pytest

from ahc_stream.core.colour import Colour
from ahc_stream.core.errors import MediaError
from tests.sources.streams import largest_difference, opened, write

FOUR = [Colour(matrix, full) for matrix in ("bt601", "bt709") for full in (False, True)]


@pytest.mark.parametrize("tagged", [True, False])
@pytest.mark.parametrize("colour", FOUR)
def test_decord_equals_pyav_on_444(tmp_path, colour, tagged):
    path = write(tmp_path / "a.mp4", pixel_format="yuv444p", size=(64, 128), colour=colour, tagged=tagged)
    assert largest_difference(path, "decord") <= 1


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv444p10le"])
def test_decord_refuses_what_it_would_convert_otherwise(tmp_path, pixel_format):
    path = write(tmp_path / "a.mkv", pixel_format=pixel_format)
    with pytest.raises(MediaError, match=pixel_format):
        opened(path, "decord")


def test_decord_refuses_an_untagged_stream_that_the_rule_takes_for_bt709(tmp_path):
    path = write(tmp_path / "a.mp4", pixel_format="yuv444p", size=(720, 64), frames=1, tagged=False)
    with pytest.raises(MediaError, match="matrix"):
        opened(path, "decord")


def test_decord_frames_of_another_shape_are_an_error(tmp_path):
    """Of some widths decord makes four channels; of which depends on how far its FFmpeg aligns rows on a processor."""
    errors = []
    for height in range(32, 129, 16):
        path = write(tmp_path / f"{height}.mp4", pixel_format="yuv444p", size=(height, 96))
        try:
            opened(path, "decord")
        except MediaError as error:
            errors.append(str(error))
    if not errors:
        pytest.skip("decord aligns no rows of these widths on this processor")
    assert all(", 4)" in error for error in errors)


def test_decord_is_not_asked_for_more_frames_than_there_are(tmp_path):
    path = write(tmp_path / "a.mp4", pixel_format="yuv444p", size=(64, 128), frames=7)
    assert [len(clip) for clip in opened(path, "decord", 3)] == [3, 3, 1]


@pytest.mark.parametrize(
    ("codec", "pixel_format", "suffix", "full_range"),
    [
        ("libvpx-vp9", "yuv420p", "webm", False),
        ("libvpx-vp9", "yuv420p", "webm", True),
        ("libvpx-vp9", "yuv444p", "webm", False),
        ("libvpx", "yuv420p", "webm", False),
        ("mjpeg", "yuvj420p", "avi", True),
    ],
)
def test_dali_equals_pyav_on_the_cpu(tmp_path, codec, pixel_format, suffix, full_range):
    pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    path = write(tmp_path / f"a.{suffix}", codec, pixel_format, colour=Colour("bt601", full_range))
    assert largest_difference(path, "dali") <= 1


def test_dali_keeps_variable_timestamps(tmp_path):
    pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    times = [0, 40, 90, 100, 500]
    path = write(tmp_path / "a.webm", "libvpx-vp9", colour=Colour("bt601", False), frames=5, milliseconds=times)
    got = [t for clip in opened(path, "dali", 2) for t in clip.pts_seconds.tolist()]
    assert got == pytest.approx([time / 1000 for time in times])
    assert largest_difference(path, "dali") <= 1


@pytest.mark.parametrize(
    ("codec", "colour", "suffix", "reason"),
    [
        ("libx264", Colour("bt601", False), "mp4", "h264, which DALI decodes on a GPU only"),
        ("libvpx-vp9", Colour("bt709", False), "webm", "bt709"),
    ],
)
def test_dali_refuses_what_it_would_decode_otherwise_on_the_cpu(tmp_path, codec, colour, suffix, reason):
    pytest.importorskip("nvidia.dali", reason="the extra dali is not installed")
    path = write(tmp_path / f"a.{suffix}", codec, colour=colour)
    with pytest.raises(MediaError, match=reason):
        opened(path, "dali")
