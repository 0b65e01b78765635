"""vvenc in a subprocess, decoded in process."""

from __future__ import annotations

import io
from dataclasses import replace

import av
import pytest

from ahc_stream.codecs.traditional import vvc
from ahc_stream.core.errors import CodecError
from ahc_stream.core.stream import Stream
from tests.codecs import contract
from tests.codecs.contract import kinds_of, moving, payloads


@pytest.mark.parametrize(("frames", "size"), [(1, (1, 1)), (5, (17, 23)), (5, (64, 48)), (1, (149, 227))])
def test_stored_bytes_decode_in_a_fresh_object_to_the_same_frames(frames, size):
    contract.holds_roundtrip("vvc@37", moving(frames, *size))


def test_more_bits_buy_a_smaller_error():
    contract.pays_for_quality("vvc", moving(2, 48, 64))


def test_stills_of_a_stack_do_not_depend_on_one_another():
    contract.codes_stills_alone("vvc@37")


def test_a_truncated_payload_is_an_error():
    contract.refuses_truncation("vvc@37", moving(2, 32, 32))


def test_the_number_of_threads_does_not_change_the_bytes():
    clip = moving(5, 64, 96)
    assert payloads(contract.encode("vvc@37:threads=1", clip)) == payloads(contract.encode("vvc@37:threads=4", clip))


def test_the_payload_is_a_tagged_stream_whose_types_are_ours():
    bitstream = contract.encode("vvc@37:gop=8", moving(10, 64, 96))
    with av.open(io.BytesIO(b"".join(payloads(bitstream))), format="vvc") as container:
        frames = list(container.decode(video=0))
    assert "".join(bitstream.frame_types) == kinds_of(frames) == "IBBBBBBBIB"
    assert int(frames[0].colorspace) == 1 and int(frames[0].color_range) == 1  # H.273: BT.709, limited


def test_a_program_that_fails_says_why():
    point = replace(contract.point("vvc@37"), quality=99)
    encoder = vvc.Vvc(point, contract.CPU).encoder(Stream.of(moving(1, 64, 96)))
    with pytest.raises(CodecError, match=r"(?i)qp|param"):
        encoder.push(moving(1, 64, 96))
        encoder.finish()


def test_an_encoder_that_is_let_go_takes_its_program_along():
    encoder = vvc.Vvc(contract.point("vvc@37"), contract.CPU).encoder(Stream.of(moving(1, 64, 96)))
    encoder.push(moving(1, 64, 96))
    process = encoder._process
    assert process.poll() is None
    del encoder
    assert process.poll() is not None
