"""The samples of an image mean what its file says, whatever mode Pillow puts them into."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from tests.sources.made import CASES, Outcome, outcome

RAMP = np.arange(256)


def ramp_of(got: Outcome) -> np.ndarray:
    """The first row of a grey picture."""
    assert got.error is None, got.error
    assert (got.frames == got.frames[..., :1]).all()
    return got.frames[0, 0, :, 0]


def tiff(path: Path, rows: np.ndarray, tags: dict[int, int], order: str = "<") -> Path:
    """A TIFF of one strip. rows: [H, W] numbers as they are to lie in the file. tags: beside size, strip and counts."""
    height, width = rows.shape
    data = rows.tobytes()
    entries = {256: width, 257: height, 259: 1, 273: 0, 277: 1, 278: height, 279: len(data)} | tags
    entries[273] = 8 + 2 + 12 * len(entries) + 4
    body = struct.pack(f"{order}H", len(entries))
    for tag, value in sorted(entries.items()):
        body += struct.pack(f"{order}HHII", tag, 4, 1, value) if value > 65535 else _short(order, tag, value)
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, 8)
    path.write_bytes(head + body + bytes(4) + data)
    return path


def _short(order: str, tag: int, value: int) -> bytes:
    return struct.pack(f"{order}HHIHH", tag, 3, 1, value, 0)


def png(path: Path, bits: int, colour: int, rows: list[bytes], width: int, chunks: dict[bytes, bytes]) -> Path:
    """A PNG from its parts. colour: 0 grey, 2 RGB. rows: packed samples."""
    header = struct.pack(">IIBBBBB", width, len(rows), bits, colour, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = [(b"IHDR", header), *chunks.items(), (b"IDAT", data), (b"IEND", b"")]
    framed = [struct.pack(">I", len(d)) + t + d + struct.pack(">I", zlib.crc32(t + d)) for t, d in parts]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(framed))
    return path


def test_twelve_bits_packed_are_scaled_by_their_white() -> None:
    got = outcome(CASES / "g12.tif")
    assert (got.frames.min(), got.frames.max()) == (0, 255) and got.frames.mean() == pytest.approx(127.5, abs=0.5)


def test_a_pgm_of_sixteen_bits_is_scaled() -> None:
    got = outcome(CASES / "g16.pgm")
    assert (got.frames.min(), got.frames.max()) == (0, 255) and got.frames.mean() == pytest.approx(127.5, abs=0.5)


@pytest.mark.parametrize("white", [1023, 4095, 65535, 300])
@pytest.mark.parametrize("plain", [False, True])
def test_a_pgm_is_scaled_by_its_own_white(tmp_path: Path, white: int, plain: bool) -> None:
    samples = np.rint(np.linspace(0, white, 256)).astype(int)
    path = tmp_path / "a.pgm"
    if plain:
        path.write_text(f"P2\n256 1\n{white}\n" + " ".join(map(str, samples)))
    else:
        path.write_bytes(f"P5\n256 1\n{white}\n".encode() + samples.astype(">u2").tobytes())
    assert np.abs(ramp_of(outcome(path)).astype(int) - samples * 255 / white).max() <= 0.51


@pytest.mark.parametrize("white", [15, 100, 1023, 4095])
def test_a_ppm_is_scaled_by_its_own_white(tmp_path: Path, white: int) -> None:
    samples = np.rint(np.linspace(0, white, 64)).astype(int)
    stored = np.repeat(samples, 3).astype(">u2" if white > 255 else "u1")
    path = tmp_path / "a.ppm"
    path.write_bytes(f"P6\n64 1\n{white}\n".encode() + stored.tobytes())
    assert np.abs(ramp_of(outcome(path)).astype(int) - samples * 255 / white).max() <= 0.51


GREY = np.tile(RAMP.astype(np.uint8), (4, 1))
BITS, PHOTOMETRIC, FORMAT = 258, 262, 339


@pytest.mark.parametrize(("photometric", "expected"), [(1, RAMP), (0, 255 - RAMP)])
def test_white_may_be_zero_in_eight_bits(tmp_path: Path, photometric: int, expected: np.ndarray) -> None:
    path = tiff(tmp_path / "a.tif", GREY, {BITS: 8, PHOTOMETRIC: photometric})
    assert (ramp_of(outcome(path)) == expected).all()


@pytest.mark.parametrize(("photometric", "expected"), [(1, RAMP), (0, 255 - RAMP)])
def test_white_may_be_zero_in_sixteen_bits(tmp_path: Path, photometric: int, expected: np.ndarray) -> None:
    path = tiff(tmp_path / "a.tif", GREY.astype("<u2") * 257, {BITS: 16, PHOTOMETRIC: photometric})
    assert (ramp_of(outcome(path)) == expected).all()


def test_big_endian_sixteen_bits_are_read_as_such(tmp_path: Path) -> None:
    path = tiff(tmp_path / "a.tif", GREY.astype(">u2") * 257, {BITS: 16, PHOTOMETRIC: 1}, order=">")
    assert (ramp_of(outcome(path)) == RAMP).all()


SIGNED_OR_DEEP = [(8, "<i1", 2), (16, "<i2", 2), (32, "<i4", 2), (32, "<f4", 3)]


@pytest.mark.parametrize(("bits", "kind", "sample_format"), SIGNED_OR_DEEP)
def test_samples_without_a_known_white_are_refused(tmp_path: Path, bits: int, kind: str, sample_format: int) -> None:
    path = tiff(tmp_path / "a.tif", GREY.astype(kind), {BITS: bits, PHOTOMETRIC: 1, FORMAT: sample_format})
    error = str(outcome(path).error)
    assert "unsigned samples" in error or "8 or 16 bits" in error


def test_a_transparent_level_of_sixteen_bits_lies_over_black(tmp_path: Path) -> None:
    samples = (RAMP * 257).astype(">u2")
    path = png(tmp_path / "a.png", 16, 0, [samples.tobytes()], 256, {b"tRNS": struct.pack(">H", 65535)})
    assert (ramp_of(outcome(path)) == [*range(255), 0]).all()


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_transparent_level_of_few_bits_lies_over_black(tmp_path: Path, bits: int) -> None:
    """The level is named on the scale of the file: 3 of 0..3 is white."""
    most, per_byte = 2**bits - 1, 8 // bits
    levels = [number % (most + 1) for number in range(8)]
    packed = [
        sum(level << (8 - bits * (place + 1)) for place, level in enumerate(levels[at : at + per_byte]))
        for at in range(0, 8, per_byte)
    ]
    path = png(tmp_path / "a.png", bits, 0, [bytes(packed)], 8, {b"tRNS": struct.pack(">H", levels[-1])})
    expected = [0 if level == levels[-1] else round(level * 255 / most) for level in levels]
    assert ramp_of(outcome(path)).tolist() == expected


def test_a_transparent_colour_of_sixteen_bits_is_refused(tmp_path: Path) -> None:
    row = struct.pack(">6H", 0x1234, 0, 0, 0x12FF, 0, 0)
    path = png(tmp_path / "a.png", 16, 2, [row], 2, {b"tRNS": struct.pack(">3H", 0x1234, 0, 0)})
    assert "transparent colour" in str(outcome(path).error)


def test_colour_of_sixteen_bits_says_what_is_taken(tmp_path: Path) -> None:
    row = struct.pack(">3H", 65535, 256, 255)
    got = outcome(png(tmp_path / "a.png", 16, 2, [row], 1, {}))
    assert got.frames[0, 0, 0].tolist() == [255, 1, 0] and got.notes_with("16 bits per sample")


def test_premultiplied_grey_lies_over_black(tmp_path: Path) -> None:
    rows = np.array([[[100, 128], [50, 255]]], np.uint8)
    tags = {256: 2, BITS: 8, PHOTOMETRIC: 1, 277: 2, 338: 1}
    path = tmp_path / "a.tif"
    Image.fromarray(rows[..., 0]).save(path)  # the mode La has no writer: its tags are made by hand
    data = tiff(path, rows.reshape(1, 4), tags).read_bytes()
    path.write_bytes(data)
    got = outcome(path)
    assert got.error is not None or np.abs(ramp_of(got).astype(int) - [100, 50]).max() <= 2


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["tiff", "jpg", "png", "webp"])
def test_pixels_are_as_stored_whatever_the_orientation(tmp_path: Path, orientation: int, suffix: str) -> None:
    stored = np.arange(6 * 4, dtype=np.uint8).reshape(4, 6) * 10
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"a.{suffix}"
    options = {"lossless": True} if suffix == "webp" else {"quality": 100} if suffix == "jpg" else {}
    Image.fromarray(stored).convert("RGB").save(path, exif=exif, **options)
    got = outcome(path)
    assert got.frames.shape == (1, 4, 6, 3) and np.abs(got.frames[0, ..., 0].astype(int) - stored).max() <= 2
    assert bool(got.notes_with("pixels are as stored")) == (orientation != 1)


def test_the_tiff_of_the_field_is_as_stored() -> None:
    got = outcome(CASES / "tiff_orientation6.tiff")
    assert got.frames.shape == (1, 64, 96, 3) and got.notes_with("orientation 6")


def test_an_orientation_that_means_nothing_is_not_spoken_of(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 99
    Image.new("RGB", (4, 4)).save(tmp_path / "a.png", exif=exif)
    assert outcome(tmp_path / "a.png").notes == []


@pytest.mark.parametrize(("number", "name"), [(16, "PQ"), (18, "HLG")])
def test_high_dynamic_range_is_noted(tmp_path: Path, number: int, name: str) -> None:
    path = png(tmp_path / "a.png", 8, 2, [bytes(3)], 1, {b"cICP": bytes([9, number, 0, 1])})
    assert outcome(path).notes_with(f"its transfer is {name}")


def test_a_colour_profile_other_than_srgb_is_noted(tmp_path: Path) -> None:
    picture, lab = Image.new("RGB", (4, 4), "red"), ImageCms.createProfile("LAB")
    picture.save(tmp_path / "lab.png", icc_profile=ImageCms.ImageCmsProfile(lab).tobytes())
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    picture.save(tmp_path / "srgb.png", icc_profile=srgb)
    assert outcome(tmp_path / "lab.png").notes_with("colour profile")
    assert outcome(tmp_path / "srgb.png").notes == []


@pytest.mark.parametrize("suffix", ["gif", "png", "webp", "tiff"])
def test_several_frames_are_noted(tmp_path: Path, suffix: str) -> None:
    pages = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    pages[0].save(tmp_path / f"a.{suffix}", save_all=True, append_images=pages[1:])
    got = outcome(tmp_path / f"a.{suffix}")
    assert got.count == 1 and got.notes_with("several frames or pages")


def test_cmyk_is_noted(tmp_path: Path) -> None:
    Image.new("CMYK", (4, 4), (0, 255, 255, 0)).save(tmp_path / "a.jpg")
    assert outcome(tmp_path / "a.jpg").notes_with("CMYK")
