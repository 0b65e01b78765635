"""Files with right CRCs whose values are made up: our errors, no hang, little memory, no process left behind.

One thousand by default. AHC_STREAM_FUZZ_AHC asks for another number; docs/reliability.md has the figures of a long run.
"""

from __future__ import annotations

import json
import os
import random
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from ahc_stream.container.index import IndexEntry, index_from_body, index_to_bytes
from ahc_stream.container.segment import head_from_body, head_to_bytes
from ahc_stream.core.encoding import Cursor
from ahc_stream.core.errors import AhcStreamError, CodecError, InvalidValue, MediaError
from ahc_stream.sources import Limits
from ahc_stream.transcode import decode_file, facts_of
from tests.coded_files import CPU, encoded, frames_of, sequence, stills
from tests.container.crafted import Content, content_of, crafted, resized, signed
from tests.pictures import write_pictures

FILES = int(os.environ.get("AHC_STREAM_FUZZ_AHC", "1000"))
MOST_GROWTH = 256 << 20  # bytes of resident memory, with frames of 500,000 pixels at most
CODECS = (
    *("jpeg@50", "identity", "h264@30:gop=4:bframes=2", "mbt2018-mean-lite@1", "jpeg2000@30", "avif@40:speed=10"),
    *("webp@40", "jpegxl@4:effort=1", "jpegls@3", "ffmpeg:mpeg4", "ffmpeg:ffv1", "ssf2020-lite@1:gop=3"),
)


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small file of each codec: six stills for every other one, and a video of six frames for the rest."""
    folder = tmp_path_factory.mktemp("originals")
    pictures = write_pictures(folder / "pictures", 6, 48, 64)
    for number, text in enumerate(CODECS):
        items = stills(pictures) if number % 2 == 0 else sequence(pictures)
        encoded(items, text, folder / "files" / f"{number}.ahc")
    return folder / "files"


@pytest.fixture(scope="module")
def contents(originals: Path) -> list[Content]:
    return [content_of(path) for path in sorted(originals.iterdir(), key=lambda path: int(path.stem))]


@pytest.mark.timeout(1200)
def test_crafted_files(
    contents: list[Content], originals: Path, tmp_path: Path, record_property: Callable[..., None]
) -> None:
    rng = random.Random(13)
    for number in range(FILES):
        data = crafted(contents[number % len(contents)], rng.choice(contents), rng)
        (tmp_path / f"{number:05d}.ahc").write_bytes(data)
    command = [sys.executable, "-m", "tests.container.decode_crafted", str(tmp_path), str(originals)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=1100, check=False)
    assert process.returncode == 0, process.stderr[-3000:]
    report = json.loads(process.stdout.splitlines()[-1])
    record_property("report", report)
    print({name: value for name, value in report.items() if name != "others"})
    assert not report["others"], "\n".join(report["others"][:5])
    assert sum(report["results"].values()) == FILES and report["results"]["CodecError"] > FILES // 4
    assert report["results"]["decoded"] > FILES // 20  # changes that leave a good file show that files are decoded
    assert report["grown_bytes"] < MOST_GROWTH and report["children"] == 0


@pytest.fixture
def file(contents: list[Content], tmp_path: Path) -> Callable[[Content], Path]:
    def write(content: Content) -> Path:
        (tmp_path / "x.ahc").write_bytes(signed(content))
        return tmp_path / "x.ahc"

    return write


def test_signing_again_changes_nothing(contents: list[Content], originals: Path) -> None:
    for number, content in enumerate(contents):
        assert signed(content) == (originals / f"{number}.ahc").read_bytes()


@pytest.mark.parametrize("number", range(len(CODECS)), ids=CODECS)
def test_a_claim_of_a_thousand_million_pixels_is_refused_at_once(
    number: int, contents: list[Content], file: Callable[[Content], Path]
) -> None:
    path = file(resized(contents[number], 16_384, 65_535))
    began = time.monotonic()
    for refuse in (frames_of, facts_of, lambda path: frames_of(path, salvage=True)):
        with pytest.raises(CodecError, match=r"at most 100,000,000 pixels.*65535 x 16384.*--max-pixels 1073725440"):
            refuse(path)
    assert time.monotonic() - began < 1


def test_the_budget_can_be_chosen(contents: list[Content], file: Callable[[Content], Path]) -> None:
    path = file(contents[0])
    assert frames_of(path, limits=Limits(frame_pixels=48 * 64)).shape == (6, 3, 48, 64)
    with pytest.raises(CodecError, match="64 x 48"):
        frames_of(path, limits=Limits(frame_pixels=48 * 64 - 1))
    larger = replace(contents[0].segments[0], height=480)
    with pytest.raises(CodecError, match="64 x 480"):
        facts_of(file(replace(contents[0], segments=(larger,))), limits=Limits(frame_pixels=48 * 64))


def test_fewer_frames_go_together_where_they_are_large(
    contents: list[Content], file: Callable[[Content], Path]
) -> None:
    for content in contents:
        path = file(content)
        assert frames_of(path, limits=Limits(clip_bytes=3 * 48 * 64)).equal(frames_of(path))


@pytest.mark.parametrize("number", [4, 5, 6, 8])
def test_a_still_that_is_larger_than_its_header_says_is_refused(
    number: int, contents: list[Content], file: Callable[[Content], Path]
) -> None:
    with pytest.raises(CodecError, match="64 x 24"):
        frames_of(file(resized(contents[number], 24, 64)))


@pytest.mark.parametrize(
    ("number", "name", "value"),
    [
        (2, "gop", str(2**31)),
        (2, "threads", "1000000"),
        (2, "preset", "../x"),
        (0, "batch", "1000000"),
        (3, "metric", "1/0"),
    ],
)
def test_options_are_those_of_the_table(
    number: int, name: str, value: str, contents: list[Content], file: Callable[[Content], Path]
) -> None:
    header = contents[number].header
    options = tuple(sorted({**dict(header.point.options), name: value}.items()))
    with pytest.raises(InvalidValue, match=name):
        frames_of(file(replace(contents[number], header=replace(header, point=replace(header.point, options=options)))))


def test_decoding_opens_no_encoder(contents: list[Content], file: Callable[[Content], Path], tmp_path: Path) -> None:
    """x264 empties the file of `dump-yuv` when it is opened."""
    precious = tmp_path / "precious"
    precious.write_text("kept")
    header = contents[2].header
    options = (("x264-params", f"dump-yuv={precious}"),)
    point = replace(header.point, codec="ffmpeg:libx264", quality=None, options=options)
    assert frames_of(file(replace(contents[2], header=replace(header, point=point)))).shape == (6, 3, 48, 64)
    assert precious.read_text() == "kept"


def test_random_weights_have_seeds_of_18_digits(contents: list[Content], file: Callable[[Content], Path]) -> None:
    header = contents[3].header
    shared = {**header.shared, "weights": "random:" + "9" * 5000}
    with pytest.raises(AhcStreamError, match="18 digits"):
        frames_of(file(replace(contents[3], header=replace(header, shared=shared))))


@pytest.mark.parametrize(
    ("number", "name", "value", "message"),
    [
        (2, "coded_width", 2**40, "a side of pixels"),
        (2, "coded_height", 47, "a side of pixels"),
        (2, "coded_height", 48.0, "a side of pixels"),
        (9, "extradata", "zz", "a header that mpeg4 takes"),
        (2, "matrix", [], "a matrix of"),
        (11, "batch", 4096, "batch from 1 to"),
        (11, "threads", 1_000_000, "threads from 1 to"),
        (11, "transforms", [], "ssf2020-lite"),
        (11, "latent", [2**40, 2**40], "latent"),
        (3, "latent", [1, 2**31], "latent"),
        (3, "padding", [0, 0, 0, -(2**31)], "padding"),
    ],
)
def test_what_a_codec_reads_of_its_header_is_checked(
    number: int, name: str, value: object, message: str, contents: list[Content], file: Callable[[Content], Path]
) -> None:
    content = contents[number]
    shared = {**content.header.shared, name: value}
    segments = [replace(segment, bitstream=replace(segment.bitstream, header=shared)) for segment in content.segments]
    with pytest.raises(CodecError, match=message):
        frames_of(file(Content(replace(content.header, shared=shared), tuple(segments))))


def test_a_packet_that_claims_more_pixels_than_the_header_is_refused_before_they_are_decoded(
    tmp_path: Path, file: Callable[[Content], Path]
) -> None:
    pictures = write_pictures(tmp_path / "in", 1, 720, 1280)
    large = content_of(encoded(sequence(pictures), "h264@30", tmp_path / "large.ahc"))
    with pytest.raises(CodecError, match="a stream that h264 decodes"):
        frames_of(file(resized(large, 48, 64)))


def test_an_index_holds_no_more_frames_than_bytes(contents: list[Content]) -> None:
    with pytest.raises(CodecError, match="1 to 100 frames"):
        index_from_body(_body_of(index_to_bytes([IndexEntry(100, 2**63, 7)], 0)))


def test_keys_that_are_absent_cost_no_more_than_their_number(contents: list[Content]) -> None:
    keys = {f"{number}": 0 for number in range(60_000)}
    bitstream = replace(contents[0].segments[0].bitstream, header={})
    header = replace(contents[0].header, shared=keys)
    body = _body_of(head_to_bytes(replace(contents[0].segments[0], bitstream=bitstream), header, 0))
    began = time.monotonic()
    assert head_from_body(body, header).header == {}
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_times_that_no_container_holds_are_refused(
    suffix: str, contents: list[Content], file: Callable[[Content], Path], tmp_path: Path
) -> None:
    content = contents[1]
    ticks = (-(2**61), 0, 2**62, 2**63 - 5, 2**63 - 4, 2**63 - 3)
    segments = (replace(content.segments[0], ticks=ticks),)
    with pytest.raises(MediaError):
        decode_file(file(replace(content, segments=segments)), tmp_path / f"y{suffix}", CPU)
    fine = replace(content.header, time_base=Fraction(1, 2**31))
    with pytest.raises(CodecError, match="31 bits"):
        facts_of(file(replace(content, header=fine)))


def test_a_file_of_compressais_is_held_to_the_same_budget(tmp_path: Path) -> None:
    path = tmp_path / "x.bin"
    path.write_bytes(struct.pack(">BBIIB5I", 3, 0, 65_535, 65_535, 8, 1, 1, 2, 0, 0))
    for refuse in (frames_of, facts_of):
        with pytest.raises(CodecError, match=r"at most 100,000,000 pixels.*65535 x 65535"):
            refuse(path)
    with pytest.raises(CodecError, match="it is read whole"):
        facts_of(path, limits=Limits(image_bytes=20))


def _body_of(whole: bytes) -> bytes:
    cursor = Cursor(whole, 1)
    return cursor.take(cursor.varint())
