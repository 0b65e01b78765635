"""What every codec holds, as checks that each codec's tests call with its own operating points."""

from __future__ import annotations

from dataclasses import replace

import av
import numpy as np
import pytest
import torch

from ahc_stream import codecs
from ahc_stream.core import sessions
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint

CPU = torch.device("cpu")
SIZES = [(1, 1), (17, 23), (64, 48), (149, 227)]
"""height, width: the least, odd and small, aligned, odd and larger."""


def moving(frames: int, height: int, width: int, consecutive: bool = True) -> Clip:
    """Smooth waves that drift, with a fixed grain on top: something to predict, and something that costs bits."""
    y, x = np.mgrid[:height, :width]
    grain = np.random.default_rng(7).normal(0, 4, (3, height, width))
    planes = [
        np.stack(
            [
                128 + 80 * np.sin((x + 3 * t) / 9) + 20 * np.cos(y / 5),
                100 + x * 0.3 + y * 0.2,
                60 + 60 * np.sin((x + y - 2 * t) / 13),
            ]
        )
        + grain
        for t in range(frames)
    ]
    pixels = torch.from_numpy(np.stack(planes).clip(0, 255).astype(np.uint8))
    seconds = torch.arange(frames, dtype=torch.float64) / 25 * consecutive
    return Clip(pixels, tuple(FrameKey("made", "waves", t) for t in range(frames)), seconds, consecutive)


def point(text: str) -> OperatingPoint:
    """The first operating point of a text."""
    return codecs.parse(text)[0]


def encode(text: str, clip: Clip) -> Bitstream:
    return sessions.encode(codecs.make(point(text), CPU), clip)


def decode(text: str, bitstream: Bitstream) -> torch.Tensor:
    """In a fresh codec object."""
    return sessions.decode(codecs.make(point(text), CPU), bitstream)


def payloads(bitstream: Bitstream) -> list[bytes]:
    return [unit.payload for unit in bitstream.units]


def kinds_of(frames: list[av.VideoFrame]) -> str:
    """What a decoder says the frames were coded as: "IBP" ..."""
    return "".join({1: "I", 2: "P", 3: "B"}[int(frame.pict_type)] for frame in frames)


def holds_roundtrip(text: str, clip: Clip) -> Bitstream:
    """Bytes decoded in a fresh object are the encoder side's frames, bit for bit; the rates add up."""
    codec = codecs.make(point(text), CPU)
    bitstream = sessions.encode(codec, clip)
    decoded = sessions.decode(codec, bitstream)
    stored = bitstream.to_bytes()
    assert torch.equal(decode(text, Bitstream.from_bytes(stored)), decoded)
    assert decoded.dtype == torch.uint8 and decoded.shape == clip.frames.shape and decoded.is_contiguous()
    assert sum(bitstream.container_bits) == 8 * len(stored)
    assert all(p <= c for p, c in zip(bitstream.payload_bits, bitstream.container_bits, strict=True))
    assert len(bitstream.frame_types) == len(clip) and bitstream.frame_types[0] == "I"
    return bitstream


def error(text: str, clip: Clip) -> float:
    """Mean squared error of a round trip, in grey levels squared."""
    decoded = decode(text, encode(text, clip))
    return float((decoded.float() - clip.frames.float()).square().mean())


def pays_for_quality(name: str, clip: Clip) -> None:
    """Over the table's default qualities, from worst to best: bits rise and the error falls."""
    rising = codecs.find(name).knob.higher_is_better
    points = sorted(codecs.parse(name), key=lambda p: p.quality, reverse=not rising)
    bits = [sum(encode(str(p), clip).payload_bits) for p in points]
    errors = [error(str(p), clip) for p in points]
    assert bits == sorted(set(bits)) and errors == sorted(set(errors), reverse=True), (bits, errors)


def refuses_truncation(text: str, clip: Clip) -> None:
    """A payload cut anywhere is a CodecError of ours, whichever frame it is."""
    bitstream = encode(text, clip)
    for index, unit in enumerate(bitstream.units):
        for size in (0, 1, len(unit.payload) // 2, len(unit.payload) - 1):
            units = list(bitstream.units)
            units[index] = replace(unit, payload=unit.payload[:size])
            with pytest.raises(CodecError):
                decode(text, Bitstream(bitstream.codec, bitstream.header, tuple(units)))


def codes_stills_alone(text: str) -> None:
    """A frame of a stack costs and looks the same whatever else is in the stack, and stands alone."""
    stack = moving(3, 48, 64, consecutive=False)
    together = encode(text, stack)
    assert together.frame_types == ("I", "I", "I")
    for index in range(3):
        frames, keys, seconds = (field[index : index + 1] for field in (stack.frames, stack.keys, stack.pts_seconds))
        alone = encode(text, Clip(frames, keys, seconds, consecutive=False))
        assert payloads(alone) == [together.units[index].payload]
        assert torch.equal(decode(text, alone)[0], decode(text, together)[index])
