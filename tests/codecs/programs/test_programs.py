"""Encoders and decoders that are programs: what comes back, what it costs, and what is wrong with a program."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.programs.raw import rate_text
from ahc_stream.core import sessions
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.colour import Colour, frame_to_planes, planes_to_frame
from ahc_stream.core.errors import CodecError, StorageError, UnknownName
from ahc_stream.core.roundtrip import roundtrip
from ahc_stream.core.stream import Stream
from ahc_stream.experiment import Experiment
from ahc_stream.running import Run, run
from tests.codecs.contract import SIZES, moving
from tests.codecs.programs.programs import COPY, PACK, made, words, write
from tests.pictures import write_pictures

ROOT = Path(__file__).parents[3]


def through_420(frames: torch.Tensor) -> torch.Tensor:
    """What 8 bits of 4:2:0 keep of them, at sides that it takes as they are."""
    colour = Colour("bt709", full_range=False)
    kept = [frame_to_planes(planes_to_frame(planes, "yuv420p", colour), colour) for planes in frames.numpy()]
    return torch.from_numpy(np.stack(kept))


@pytest.mark.parametrize("size", SIZES)
def test_a_stream_comes_back_as_its_programs_give_it(toml: Path, size: tuple[int, int]) -> None:
    codec, clip = made(write(toml)), moving(3, *size)
    bitstream = sessions.encode(codec, clip)
    decoded = sessions.decode(made(f"exec:{toml}"), Bitstream.from_bytes(bitstream.to_bytes()))
    assert decoded.shape == clip.frames.shape and decoded.dtype == torch.uint8
    if size == (64, 48):
        assert torch.equal(decoded, through_420(clip.frames))


def test_the_bytes_are_those_of_the_file_and_count_at_the_first_frame(toml: Path) -> None:
    codec = made(write(toml, words(COPY, "{in}", "{out}"), words(COPY, "{in}", "{out}")))
    trip = roundtrip(codec, moving(3, 64, 48))
    assert trip.payload_bits == (8 * 3 * 64 * 48 * 3 // 2, 0, 0) and trip.frame_types == ("I", "P", "P")


def test_frames_may_come_in_any_cut_and_segments_are_streams_of_their_own(toml: Path) -> None:
    clip, streams = moving(7, 32, 48), []
    for text, cuts in (("", [7]), ("", [2, 2, 3]), (":segment=3", [7]), (":segment=3", [1, 5, 1])):
        codec = made(write(toml) + text)
        encoder = sessions.open_encoder(codec, Stream.of(clip))
        units, at = [], 0
        for cut in cuts:
            units += encoder.push(clip[at : at + cut])
            at += cut
        units += encoder.finish()
        decoder = sessions.open_decoder(codec, encoder.header)
        blocks = [*(block for unit in units for block in decoder.push([unit])), *decoder.finish()]
        streams.append((units, torch.cat(blocks)))
    (whole, frames), (cut, _), (segmented, parts), (segmented_cut, _) = streams
    assert whole == cut and segmented == segmented_cut and torch.equal(frames, parts)
    assert [bool(unit.payload) for unit in segmented] == [True, False, False, True, False, False, True]


def test_stills_are_streams_of_one_frame(toml: Path) -> None:
    codec, stack = made(write(toml)), moving(3, 32, 48, consecutive=False)
    trip = roundtrip(codec, stack)
    assert torch.equal(trip.decoded.frames, through_420(stack.frames)) and all(bits > 0 for bits in trip.payload_bits)


def test_a_png_of_each_frame_goes_both_ways_without_a_loss(toml: Path) -> None:
    codec, clip = made(write(toml, pixel_format="png")), moving(3, 17, 23)
    trip = roundtrip(codec, clip)
    assert torch.equal(trip.decoded.frames, clip.frames) and len(set(trip.payload_bits)) > 1
    assert codecs.find("exec:mine").medium == "still"


def test_placeholders_say_what_is_coded(toml: Path) -> None:
    """The encoder writes its arguments, which are the payload."""
    program = "import sys; open(sys.argv[1], 'w').write(' '.join(sys.argv[2:]))"
    encoder = words(program, "{bitstream}", "{width}x{height}", "{fps}", "{frames}", "{qp}", "--kind={kind}", "{in}")
    codec = made(write(toml, encoder, options={"kind": "a b"}, suffix=".x") + "@22.5")
    (unit, *_) = sessions.encode(codec, moving(3, 63, 47)).units
    assert unit.payload.decode().startswith("48x64 25 3 22.5 --kind=a b ") and unit.payload.endswith(b"in.yuv")
    assert made(f"exec:{toml}@22:kind=slow").point.options[0] == ("kind", "slow")


def test_a_rate_is_a_number_that_every_program_reads() -> None:
    assert [rate_text(float(rate)) for rate in (Fraction(25), Fraction(30000, 1001))] == ["25", "29.970030"]


FAILS = "import sys; print('no such preset', file=sys.stderr); sys.exit(1)"
HALF = PACK.replace(".read()", ".read()[:100]")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"encoder": words(FAILS, "{in}", "{out}")}, "encoder .* status 0; got status 1: no such preset"),
        ({"decoder": words(FAILS, "{in}", "{out}")}, "decoder .* status 0; got status 1: no such preset"),
        ({"encoder": words("pass", "{in}", "{out}")}, "a file that the encoder wrote; got none"),
        ({"decoder": words("pass", "{in}", "{out}")}, "a file that the decoder wrote; got none"),
        ({"encoder": words(HALF, "{in}", "{out}")}, "2 frames of 48 x 64, 9216 bytes; got 100 bytes"),
        ({"encoder": words(HALF, "{in}", "{out}"), "pixel_format": "png"}, "a PNG file out of the decoder"),
        ({"encoder": "true {in} {out}"}, "a file that the encoder wrote"),
    ],
)
def test_a_program_that_fails_is_a_codec_error_that_says_how(toml: Path, wrong: dict, says: str) -> None:
    codec = made(write(toml, **wrong))
    with pytest.raises(CodecError, match=says):
        roundtrip(codec, moving(2, 64, 48))


def test_a_program_that_hangs_is_stopped_with_what_it_started(toml: Path) -> None:
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(61)'])"
    codec, start = made(write(toml, words(child, "{in}", "{out}"), timeout=1.5)), time.monotonic()
    with pytest.raises(CodecError, match=r"end within 1\.5 s; got it was still running"):
        roundtrip(codec, moving(1, 16, 16))
    assert time.monotonic() - start < 30
    children = [each for each in psutil.Process().children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE]
    assert not [each for each in children if "sleep(61)" in " ".join(each.cmdline())]


def test_a_stream_whose_first_frame_has_no_bytes_is_damaged(toml: Path) -> None:
    codec = made(write(toml))
    bitstream = sessions.encode(codec, moving(2, 16, 16))
    decoder = codec.decoder(bitstream.header)
    with pytest.raises(CodecError, match="bytes in the first frame"):
        decoder.push(bitstream.units[1:])


def test_a_failing_program_is_one_failure_row_and_the_run_goes_on(toml: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 1)
    text = write(toml, words(FAILS, "{in}", "{out}"))
    going = Run(Experiment(str(folder), (text, "jpeg@50"), None, metrics=("psnr",), device="cpu"))
    assert [rows.point.codec for rows in going] == ["jpeg"]
    (failure,) = going.failures
    assert failure.point.codec == "exec:mine" and "no such preset" in str(failure)


def test_a_resume_with_other_command_lines_is_refused_and_no_file_may_name_it(toml: Path, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "pictures", 1)
    asked = Experiment(str(folder), (write(toml),), tmp_path / "out", metrics=("psnr",), device="cpu")
    assert len(list(run(asked))) == 1 and list(run(asked)) == []
    write(toml, words(COPY, "{in}", "{out}"), words(COPY, "{in}", "{out}"))
    with pytest.raises(StorageError, match="scorers exec:mine"):
        list(run(asked))
    assert not codecs.in_files("exec:mine")
    with pytest.raises(UnknownName):
        codecs.find(f"exec:{toml}")
