"""A video's samples mean what the file says; what it leaves open is noted with what it was taken for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.sources.made import CASES, drawn, ffmpeg, film, outcome

RAMP = "nullsrc=s=128x96:r=25,format=gray,geq=lum='min(255,X*2.008)'"
COLUMNS = [0, 5, 64, 122, 127]
STORED = [0, 10, 129, 245, 255]


def grey(path: Path, *options: str, source: str = RAMP) -> Path:
    """Three frames of a grey ramp."""
    return drawn(path, source, *options)


def columns(path: Path) -> list[int]:
    got = outcome(path)
    assert got.error is None and (got.frames == got.frames[..., :1]).all()
    return [int(got.frames[0, 40, column, 0]) for column in COLUMNS]


def test_raw_grey_without_a_range_is_as_stored() -> None:
    assert columns(CASES / "raw_gray.avi") == STORED
    assert outcome(CASES / "raw_gray.avi").notes_with("range is not stated, it was taken for full")


@pytest.mark.parametrize(
    ("suffix", "options"),
    [
        ("mkv", ("-c:v", "ffv1", "-color_range", "0")),
        ("nut", ("-c:v", "rawvideo", "-pix_fmt", "gray10le")),
        ("avi", ("-c:v", "ffvhuff", "-pix_fmt", "gray")),
        ("mov", ("-c:v", "png", "-pix_fmt", "gray")),
    ],
)
def test_grey_of_lossless_codecs_is_as_stored(tmp_path: Path, suffix: str, options: tuple[str, ...]) -> None:
    got = columns(grey(tmp_path / f"ramp.{suffix}", *options))
    assert np.abs(np.subtract(got, STORED)).max() <= 1


LOSSLESS = {
    "h264": ("-c:v", "libx264", "-qp", "0"),
    "hevc": ("-c:v", "libx265", "-x265-params", "lossless=1:log-level=none"),
}


@pytest.mark.parametrize("codec", LOSSLESS)
def test_grey_of_h264_and_hevc_is_limited(tmp_path: Path, codec: str) -> None:
    """Black is 16 there and white is 235, where the stream states no range, as the standards say."""
    ramp = "nullsrc=s=128x96:r=25,format=gray,geq=lum='16+X*219/127'"
    unstated = ("-bsf:v", f"{codec}_metadata=video_full_range_flag=0")
    got = columns(grey(tmp_path / "ramp.mkv", "-pix_fmt", "gray", *LOSSLESS[codec], *unstated, source=ramp))
    assert np.abs(np.subtract(got, [0, 10, 128, 245, 255])).max() <= 1


@pytest.mark.parametrize(("transfer", "name"), [("smpte2084", "PQ"), ("arib-std-b67", "HLG")])
@pytest.mark.parametrize("encoder", ["libx265", "libx264", "ffv1"])
def test_high_dynamic_range_is_noted(tmp_path: Path, transfer: str, name: str, encoder: str) -> None:
    colours = ("-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc")
    set_them = ("-vf", f"setparams=color_primaries=bt2020:color_trc={transfer}:colorspace=bt2020nc")
    path = film(tmp_path / "hdr.mkv", "-c:v", encoder, *set_them, *colours, frames=2)
    assert outcome(path).notes_with(f"its transfer is {name}")


@pytest.mark.parametrize("encoder", ["libvpx-vp9", "libvpx"])
def test_an_alpha_channel_is_noted(tmp_path: Path, encoder: str) -> None:
    options = ("-c:v", encoder, "-auto-alt-ref", "0", "-pix_fmt", "yuva420p")
    path = drawn(tmp_path / "alpha.webm", "testsrc2=s=64x48", *options)
    assert outcome(path).notes_with("alpha channel")


WITH_ALPHA = [("mkv", "ffv1", "yuva420p"), ("mov", "qtrle", "argb"), ("mov", "prores_ks", "yuva444p10le")]


@pytest.mark.parametrize(("suffix", "encoder", "pixels"), WITH_ALPHA)
def test_pixel_formats_with_alpha_are_refused(tmp_path: Path, suffix: str, encoder: str, pixels: str) -> None:
    path = drawn(tmp_path / f"alpha.{suffix}", "testsrc2=s=64x48", "-c:v", encoder, "-pix_fmt", pixels)
    assert "pixel format" in str(outcome(path).error)


def test_interlaced_frames_are_noted() -> None:
    got = outcome(CASES / "interlaced.mkv")
    assert got.count == 3 and got.notes_with("interlaced")


@pytest.mark.parametrize("encoder", ["mpeg2video", "libx264", "prores"])
def test_interlaced_frames_of_other_codecs_are_noted(tmp_path: Path, encoder: str) -> None:
    pixels = ("-pix_fmt", "yuv422p10le") if encoder == "prores" else ()
    flags = ("-flags", "+ildct+ilme") if encoder != "libx264" else ("-x264-params", "tff=1")
    path = film(tmp_path / "woven.mov", "-vf", "setfield=tff", "-c:v", encoder, *flags, *pixels, frames=4)
    assert outcome(path).notes_with("interlaced")


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotation_is_noted_and_not_applied(tmp_path: Path, degrees: int) -> None:
    plain = film(tmp_path / "plain.mp4", "-c:v", "libx264", frames=3)
    ffmpeg("-display_rotation", str(degrees), "-i", plain, "-c", "copy", tmp_path / "turned.mp4")
    got, as_it_was = outcome(tmp_path / "turned.mp4"), outcome(plain)
    assert (got.frames == as_it_was.frames).all()
    assert got.notes_with("frames are as stored") and "display_matrix" in got.opened.presentation.as_values()
    assert as_it_was.opened.presentation.as_values() == {}


def test_pixels_that_are_not_square_are_noted(tmp_path: Path) -> None:
    path = film(tmp_path / "wide.mp4", "-c:v", "libx264", "-vf", "setsar=4/3", frames=3)
    got = outcome(path)
    assert got.notes_with("4/3 as wide as high") and got.opened.presentation.pixel_aspect == Fraction(4, 3)


def test_what_a_file_states_is_not_noted(tmp_path: Path) -> None:
    stated = ("-vf", "setparams=colorspace=bt709:range=tv", "-colorspace", "bt709", "-color_range", "tv")
    assert outcome(film(tmp_path / "stated.mkv", "-c:v", "libx264", *stated)).notes == []


@pytest.mark.parametrize(("size", "matrix"), [("128x96", "BT.601"), ("128x720", "BT.709")])
def test_a_matrix_that_is_not_stated_is_noted(tmp_path: Path, size: str, matrix: str) -> None:
    path = film(tmp_path / "untold.mkv", "-c:v", "libx264", size=size, frames=2)
    assert outcome(path).notes == [f"its matrix is not stated, it was taken for {matrix}"]
