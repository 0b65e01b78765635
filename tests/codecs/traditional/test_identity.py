"""The uncompressed original as a codec."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.core.errors import CodecError
from tests.codecs import contract
from tests.codecs.contract import CPU, SIZES, moving


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("frames", [1, 5])
def test_it_returns_the_frames_bit_for_bit_at_24_bits_per_pixel(size, frames):
    clip = moving(frames, *size)
    bitstream = contract.holds_roundtrip("identity", clip)
    assert torch.equal(contract.decode("identity", bitstream), clip.frames)
    assert bitstream.payload_bits == (24 * size[0] * size[1],) * frames


def test_frames_of_any_strides_are_coded_as_they_look():
    clip = moving(2, 8, 12)
    strided = clip.with_frames(clip.frames.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2)[..., ::2])
    bitstream = codecs.make(contract.point("identity"), CPU).encode(strided)
    assert torch.equal(contract.decode("identity", bitstream), strided.frames)


def test_a_truncated_payload_is_an_error():
    contract.refuses_truncation("identity", moving(2, 5, 7))


def test_another_codecs_bitstream_is_refused_by_name():
    bitstream = contract.encode("jpeg@50", moving(1, 8, 8))
    with pytest.raises(CodecError, match="of jpeg"):
        contract.decode("identity", bitstream)
    with pytest.raises(CodecError, match="bytes per frame"):
        contract.decode("identity", replace(bitstream, codec="identity"))
