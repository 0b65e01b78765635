"""vvenc, libaom and rav1e in a subprocess, decoded in process."""

from __future__ import annotations

import io
import queue
import struct
from dataclasses import replace
from fractions import Fraction

import av
import pytest

from ahc_stream import codecs
from ahc_stream.codecs.traditional.program_codecs import ProgramCodec
from ahc_stream.codecs.traditional.timed_packets import TimedPacket, read_ivf
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.stream import Stream
from tests.codecs import contract
from tests.codecs.contract import CPU, kinds_of, moving, payloads

VVC, AOM, RAV1E = "vvc@37", "av1-aom@46", "av1-rav1e@160:preset=10"
ALL = [VVC, AOM, RAV1E]
AV1 = [AOM, RAV1E]


@pytest.mark.parametrize("text", ALL)
@pytest.mark.parametrize(("frames", "size"), [(1, (1, 1)), (5, (17, 23)), (5, (64, 48)), (1, (149, 227))])
def test_stored_bytes_decode_in_a_fresh_object_to_the_same_frames(text, frames, size):
    contract.holds_roundtrip(text, moving(frames, *size))


@pytest.mark.parametrize("name", ["vvc", "av1-aom", "av1-rav1e"])
def test_more_bits_buy_a_smaller_error(name):
    contract.pays_for_quality(name, moving(2, 48, 64))


@pytest.mark.parametrize("text", ALL)
def test_stills_of_a_stack_do_not_depend_on_one_another(text):
    contract.codes_stills_alone(text)


@pytest.mark.parametrize("text", ALL)
def test_a_truncated_payload_is_an_error(text):
    contract.refuses_truncation(text, moving(2, 32, 32))


@pytest.mark.parametrize("text", [VVC, RAV1E])
def test_the_number_of_threads_does_not_change_the_bytes(text):
    clip = moving(5, 64, 96)
    assert payloads(contract.encode(f"{text}:threads=1", clip)) == payloads(contract.encode(f"{text}:threads=4", clip))


@pytest.mark.parametrize("text", [*AV1, "av1-aom@100k", "av1-rav1e@100k:preset=10"])
def test_the_same_clip_gives_the_same_bytes_every_time(text):
    clip = moving(9, 72, 96)
    assert len({tuple(payloads(contract.encode(text, clip))) for _ in range(3)}) == 1


@pytest.mark.parametrize("name", ["av1-aom", "av1-rav1e"])
def test_a_bit_rate_moves_the_bits(name):
    clip = moving(24, 96, 128)
    little, much = (sum(contract.encode(f"{name}@{rate}:preset=6", clip).payload_bits) for rate in ("60k", "900k"))
    assert 2 * little < much


def test_the_payload_is_a_tagged_stream_whose_types_are_ours():
    bitstream = contract.encode("vvc@37:gop=8", moving(10, 64, 96))
    with av.open(io.BytesIO(b"".join(payloads(bitstream))), format="vvc") as container:
        frames = list(container.decode(video=0))
    assert "".join(bitstream.frame_types) == kinds_of(frames) == "IBBBBBBBIB"
    assert int(frames[0].colorspace) == 1 and int(frames[0].color_range) == 1  # H.273: BT.709, limited


@pytest.mark.parametrize("text", AV1)
@pytest.mark.parametrize(("matrix", "tagged"), [("bt709", "limited"), ("bt601", "full")])
def test_av1_is_a_stream_that_any_reader_opens_tagged_and_in_closed_gops(text, matrix, tagged):
    clip = moving(10, 64, 96)
    bitstream = contract.encode(f"{text}:gop=4:matrix={matrix}:range={tagged}", clip)
    assert "".join(bitstream.frame_types) == "IPPPIPPPIP"
    with av.open(io.BytesIO(b"".join(payloads(bitstream))), format="obu") as container:
        frames = list(container.decode(video=0))
    assert len(frames) == 10 and (frames[0].width, frames[0].height) == (96, 64)
    assert int(frames[0].colorspace) == {"bt709": 1, "bt601": 6}[matrix]  # H.273, MatrixCoefficients
    assert int(frames[0].color_range) == {"limited": 1, "full": 2}[tagged]
    second = b"".join(unit.payload for unit in bitstream.units if 4 <= unit.frame < 8)
    with av.open(io.BytesIO(second), format="obu") as container:
        assert len(list(container.decode(video=0))) == 4


@pytest.mark.parametrize(
    "text", [f"{AOM}:preset=5", f"{AOM}:pixel_format=yuv444p", f"{AOM}:pixel_format=yuv420p10le", f"{RAV1E[:-2]}9"]
)
def test_an_option_changes_the_bytes(text):
    clip = moving(6, 64, 96)
    default = RAV1E if "rav1e" in text else AOM
    changed = contract.encode(text, clip)
    assert payloads(changed) != payloads(contract.encode(default, clip))
    assert (contract.decode(text, changed).float() - clip.frames.float()).square().mean() < 400


def test_an_encoder_of_av1_is_a_codec_and_no_option():
    with pytest.raises(InvalidValue, match="av1-aom@32 or av1-rav1e"):
        codecs.parse("av1@32:encoder=aom")


@pytest.mark.parametrize("text", ALL)
def test_no_more_frames_wait_than_are_declared(text):
    clip = moving(260, 16, 16)  # small ones: a pipe would hold hundreds
    encoder = codecs.make(contract.point(text), CPU).encoder(Stream.of(clip))
    coded = held = 0
    for index in range(len(clip)):
        fields = (field[index : index + 1] for field in (clip.frames, clip.keys, clip.pts_seconds))
        alone = Clip(*fields, consecutive=True)
        coded += len(encoder.push(alone))
        held = max(held, index + 1 - coded)
    assert coded + len(encoder.finish()) == len(clip)
    assert 16 < held <= codecs.delay(contract.point(text), CPU)


def test_a_program_that_fails_says_why():
    point = replace(contract.point("vvc@37"), quality=99)
    encoder = ProgramCodec(point, CPU).encoder(Stream.of(moving(1, 64, 96)))
    with pytest.raises(CodecError, match=r"(?i)qp|param"):
        encoder.push(moving(1, 64, 96))
        encoder.finish()


def test_an_encoder_that_is_let_go_takes_its_program_along():
    encoder = ProgramCodec(contract.point("vvc@37"), CPU).encoder(Stream.of(moving(1, 64, 96)))
    encoder.push(moving(1, 64, 96))
    process = encoder._process
    assert process.poll() is None
    del encoder
    assert process.poll() is not None


@pytest.mark.parametrize("missing", [0, 1, 9, 40])
def test_packets_of_an_ivf_file_come_with_their_times_as_far_as_it_goes(missing):
    key, other = b"\x12\x00\x0a\x0b123", b"\x12\x00\x32\x05xyz"
    header = b"DKIF" + struct.pack("<HH4sHHIIQ", 0, 32, b"AV01", 96, 64, 30_000, 1001, 0)
    framed = [struct.pack("<IQ", len(payload), tick) + payload for tick, payload in ((0, key), (2, other))]
    packets: queue.SimpleQueue[TimedPacket] = queue.SimpleQueue()
    whole = header + b"".join(framed)
    read_ivf(io.BytesIO(whole[: len(whole) - missing]), packets)
    expected = [TimedPacket(key, Fraction(0), True), TimedPacket(other, Fraction(2 * 1001, 30_000), False)]
    kept = {0: 2, 1: 1, 9: 1, 40: 0}[missing]
    assert [packets.get() for _ in range(packets.qsize())] == expected[:kept]
