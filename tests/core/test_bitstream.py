"""Bitstreams: three rates, serialisation, and a flipped bit anywhere."""

from __future__ import annotations

import struct
import zlib

import pytest

from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.unit import Unit

STREAM = Bitstream(
    "h264",
    {"width": 7, "gop": 3},
    (Unit(b"intra", 0, "I", checksum=2**64 - 1), Unit(b"pred", 2, "P"), Unit(b"", 1, "B")),
)


def test_frames_come_in_presentation_order() -> None:
    assert STREAM.frame_types == ("I", "B", "P") and STREAM.payload_bits == (40, 0, 32)


def test_container_bits_are_the_whole_serialised_stream() -> None:
    assert sum(STREAM.container_bits) == 8 * len(STREAM.to_bytes())
    assert all(whole >= coded for whole, coded in zip(STREAM.container_bits, STREAM.payload_bits, strict=True))


def test_bytes_round_trip_without_the_encoders_estimate() -> None:
    assert Bitstream.from_bytes(STREAM.to_bytes()) == STREAM
    estimated = Bitstream("x", {}, (Unit(b"a", 0, estimated_bits=7.5),))
    assert estimated.estimated_bits == (7.5,)
    assert Bitstream.from_bytes(estimated.to_bytes()).estimated_bits == (None,)


def test_every_flipped_bit_and_every_cut_is_an_error() -> None:
    data = STREAM.to_bytes()
    for index in range(len(data)):
        for bit in range(8):
            broken = bytearray(data)
            broken[index] ^= 1 << bit
            with pytest.raises(CodecError):
                Bitstream.from_bytes(bytes(broken))
        with pytest.raises(CodecError):
            Bitstream.from_bytes(data[:index])
    with pytest.raises(CodecError):
        Bitstream.from_bytes(data + b"x")


@pytest.mark.parametrize("frames", [(0, 0), (1, 2), (0, 2)])
def test_a_frame_without_its_unit_is_an_error(frames: tuple[int, int]) -> None:
    with pytest.raises(CodecError, match="one coded unit per frame"):
        Bitstream("x", {}, tuple(Unit(b"", frame) for frame in frames))


def test_a_point_prints_as_the_text_it_is_parsed_from() -> None:
    assert str(OperatingPoint("h264", 23.0, (("gop", "32"), ("preset", "fast")))) == "h264@23:gop=32:preset=fast"
    assert str(OperatingPoint("identity")) == "identity"


def test_a_stream_is_the_documented_bytes() -> None:
    """Magic, CRC-32 and size of the head; entries and payloads in coding order; the end and a CRC-32 of the rest."""
    codec, header = b"\x04h264", b"\xa2\x4e\x07\x56\x03"  # WORDS[14] is 7, WORDS[22] is 3
    body = codec + header
    sized = bytes([len(body)]) + body
    head = struct.pack("<5sI", b"AHCB\x03", zlib.crc32(sized)) + sized
    entries = [
        b"\x04\x05" + struct.pack("<IQ", zlib.crc32(b"intra"), 2**64 - 1),
        b"\x09\x02\x04" + struct.pack("<I", zlib.crc32(b"pred")),
        b"\x0a\x01\x00" + struct.pack("<I", 0),
    ]
    payloads = [b"intra", b"pred", b""]
    framed = b"".join(entry + payload for entry, payload in zip(entries, payloads, strict=True))
    assert STREAM.to_bytes() == head + framed + b"\xff" + struct.pack("<I", zlib.crc32(head + b"".join(entries)))
    once = len(head) + 1 + 4
    sizes = [len(entry) + len(payload) for entry, payload in zip(entries, payloads, strict=True)]
    assert STREAM.container_bits == (8 * (once + sizes[0]), 8 * sizes[2], 8 * sizes[1])


def test_a_head_with_more_in_it_than_a_codec_and_a_header_is_an_error() -> None:
    body = b"\x04h264\xa0\x00"
    sized = bytes([len(body)]) + body
    head = struct.pack("<5sI", b"AHCB\x03", zlib.crc32(sized)) + sized
    with pytest.raises(CodecError, match="expected 6 bytes; got 7"):
        Bitstream.from_bytes(head + b"\xff" + struct.pack("<I", zlib.crc32(head)))
