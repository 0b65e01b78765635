"""Files that are made to hurt: nothing but our own errors, nothing started or read beside them, memory bounded."""

from __future__ import annotations

import struct
import subprocess
import zlib
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from ahc_stream.core.errors import MediaError
from ahc_stream.sources import Limits
from tests.sources.made import CASES, cut, drawn, film, outcome

X264 = ("-c:v", "libx264", "-preset", "ultrafast")


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x.tiff"])
def test_postscript_under_a_name_starts_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    started = []
    monkeypatch.setattr(subprocess, "Popen", lambda *arguments, **_: started.append(arguments))
    monkeypatch.setattr("PIL.EpsImagePlugin.has_ghostscript", lambda: True)
    path = tmp_path / name
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n")
    assert isinstance(outcome(path).error, MediaError) and not started


@pytest.mark.parametrize("suffix", ["ico", "psd", "pcx", "tga", "sgi", "icns"])
def test_formats_that_nobody_promised_are_not_opened(tmp_path: Path, suffix: str) -> None:
    try:
        Image.new("RGB", (16, 16)).save(tmp_path / f"a.{suffix}")
    except KeyError:
        (tmp_path / f"a.{suffix}").write_bytes(b"8BPS\0\1" + bytes(40))
    path = (tmp_path / f"a.{suffix}").rename(tmp_path / "a.png")
    assert isinstance(outcome(path).error, MediaError)


PLAYLISTS = {
    "ffconcat": "ffconcat version 1.0\nfile '{film}'\n",
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:2,\n{film}\n#EXT-X-ENDLIST\n",
    "m3u8_http": "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:2,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n",
    "dash": (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period><AdaptationSet>'
        '<Representation id="1" mimeType="video/mp4"><BaseURL>{film}</BaseURL></Representation>'
        "</AdaptationSet></Period></MPD>"
    ),
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
@pytest.mark.parametrize("suffix", ["mp4", "ts"])
def test_lists_of_other_files_are_closed(tmp_path: Path, kind: str, suffix: str) -> None:
    whole = film(tmp_path / "film.ts", *X264, frames=5)
    path = tmp_path / f"list.{suffix}"
    path.write_text(PLAYLISTS[kind].format(film=whole))
    got = outcome(path)
    assert got.count == 0 and isinstance(got.error, MediaError)


def bomb(path: Path, width: int, height: int) -> Path:
    """A JPEG of some hundred bytes that claims a size."""
    Image.new("L", (8, 8)).save(path)
    data = bytearray(path.read_bytes())
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    path.write_bytes(data)
    return path


def test_a_small_file_that_claims_a_large_picture_is_refused_with_the_option(tmp_path: Path) -> None:
    path = bomb(tmp_path / "a.jpg", 13_000, 13_000)
    error = outcome(path).error
    assert "at most 100,000,000 pixels" in str(error) and "--max-pixels 169000000" in str(error)


def test_the_budget_is_raised_above_pillows_own_by_the_option(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("1", (60_000, 3_100)).save(path)
    assert "--max-pixels 186000000" in str(outcome(path).error)
    got = outcome(path, limits=Limits(frame_pixels=190_000_000))
    assert got.error is None and got.frames.shape == (1, 3_100, 60_000, 3)


def test_a_claim_that_pillow_refuses_first_names_the_option_too(tmp_path: Path) -> None:
    assert "--max-pixels" in str(outcome(bomb(tmp_path / "a.jpg", 60_000, 60_000)).error)


@pytest.mark.parametrize("suffix", ["png", "bmp", "tif", "webp", "ppm", "jp2", "avif", "gif"])
def test_every_format_keeps_the_budget(tmp_path: Path, suffix: str) -> None:
    Image.new("RGB", (300, 200)).save(tmp_path / f"a.{suffix}")
    error = outcome(tmp_path / f"a.{suffix}", limits=Limits(frame_pixels=59_999)).error
    assert "--max-pixels 60000" in str(error)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "h264"])
def test_a_video_keeps_the_budget(tmp_path: Path, suffix: str) -> None:
    path = film(tmp_path / f"a.{suffix}", *X264, frames=2)
    error = outcome(path, limits=Limits(frame_pixels=128 * 96 - 1)).error
    assert "--max-pixels 12288" in str(error)


def test_a_stream_that_grows_keeps_the_budget(tmp_path: Path) -> None:
    small, large = film(tmp_path / "a.h264", *X264), film(tmp_path / "b.h264", *X264, size="640x480")
    path = tmp_path / "both.h264"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    got = outcome(path, limits=Limits(frame_pixels=128 * 96))
    assert isinstance(got.error, MediaError) and got.count <= 20


def test_a_clip_is_cut_shorter_rather_than_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", *X264, frames=7)
    whole, parts = outcome(path), outcome(path, limits=Limits(clip_bytes=2 * 3 * 128 * 96))
    assert (whole.frames == parts.frames).all() and parts.error is None
    assert Limits(clip_bytes=2 * 3 * 128 * 96).clip_frames(16, 96, 128) == 2
    assert Limits(clip_bytes=1).clip_frames(16, 96, 128) == 1


def test_an_image_file_of_too_many_bytes_is_refused(tmp_path: Path) -> None:
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    assert "at most 10 bytes" in str(outcome(tmp_path / "a.png", limits=Limits(image_bytes=10)).error)


@pytest.mark.parametrize("at", [0.3, 0.6, 0.9])
def test_a_damaged_avif_is_our_error(tmp_path: Path, at: float) -> None:
    random = np.random.default_rng(1).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    Image.fromarray(random).save(tmp_path / "a.avif")
    data = bytearray((tmp_path / "a.avif").read_bytes())
    place = int(len(data) * at)
    data[place : place + 40] = bytes(40)
    (tmp_path / "b.avif").write_bytes(data)
    got = outcome(tmp_path / "b.avif")
    assert got.error is None or isinstance(got.error, MediaError)
    assert isinstance(outcome(cut(tmp_path / "a.avif", at)).error, MediaError)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "avi"])
def test_metadata_that_is_not_utf8_is_read_over(tmp_path: Path, suffix: str) -> None:
    path = film(tmp_path / f"a.{suffix}", *X264, "-metadata", "title=XXXXXXXX", frames=4)
    data = path.read_bytes()
    assert b"XXXXXXXX" in data
    path.write_bytes(data.replace(b"XXXXXXXX", b"caf\xe9\xff\xfe\x80x"))
    assert outcome(path).count == 4 and outcome(path).error is None


def test_a_png_whose_text_is_not_utf8_is_read_over(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png")
    data = (tmp_path / "a.png").read_bytes()
    body = b"iTXt" + b"k\0\0\0\xff\xfe\0\0\xe9\xff"
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    (tmp_path / "a.png").write_bytes(data[:33] + chunk + data[33:])
    got = outcome(tmp_path / "a.png")
    assert got.count == 1 or isinstance(got.error, MediaError)


@pytest.mark.parametrize("code", [b"V_UNKNOWN", b"V_MS/VFW/FOURCC"])
def test_a_codec_that_ffmpeg_does_not_know_is_our_error(tmp_path: Path, code: bytes) -> None:
    path = film(tmp_path / "a.mkv", "-c:v", "mpeg4", frames=4)
    data = path.read_bytes()
    at = data.index(b"V_MPEG4/ISO/ASP")
    path.write_bytes(data[:at] + code.ljust(15, b"\0")[:15] + data[at + 15 :])
    assert isinstance(outcome(path).error, MediaError)


def test_a_fourcc_that_ffmpeg_does_not_know_is_our_error(tmp_path: Path) -> None:
    path = film(tmp_path / "a.avi", "-c:v", "mpeg4", frames=4)
    path.write_bytes(path.read_bytes().replace(b"FMP4", b"ZQ9!"))
    assert isinstance(outcome(path).error, MediaError)


def test_a_pixel_format_that_is_not_converted_is_our_error(tmp_path: Path) -> None:
    path = drawn(tmp_path / "a.mkv", "testsrc2=s=64x48", "-c:v", "ffv1", "-pix_fmt", "yuv410p")
    assert "pixel format yuv410p" in str(outcome(path).error)


def test_a_text_with_a_video_suffix_is_our_error(tmp_path: Path) -> None:
    for suffix in ("mp4", "mkv", "y4m", "h264", "ts", "gif", "dv"):
        path = tmp_path / f"a.{suffix}x"
        path.write_bytes(b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n" * 20)
        assert isinstance(outcome(path).error, MediaError)


def test_a_name_that_is_not_utf8_is_opened(tmp_path: Path) -> None:
    target = tmp_path / b"caf\xe9.mkv".decode("utf-8", "surrogateescape")
    target.write_bytes((CASES / "interlaced.mkv").read_bytes())
    assert outcome(target).count == 3


def test_the_log_of_ffmpeg_is_left_as_it_was(tmp_path: Path) -> None:
    before = av.logging.get_level()
    outcome(CASES / "hevc_lost.mkv")
    assert av.logging.get_level() == before
