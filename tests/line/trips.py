"""Round trips made by hand, so that every number in a row is known."""

from __future__ import annotations

from dataclasses import replace

import torch

from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import RoundTrip
from ahc_stream.core.unit import Unit

POINT = OperatingPoint("own", 3.0, (("a", "b"),))
HEIGHT, WIDTH = 6, 8


def clip(first: int, count: int) -> Clip:
    """Frames of a video, each grey with its number as level."""
    numbers = range(first, first + count)
    frames = torch.tensor(list(numbers), dtype=torch.uint8)[:, None, None, None].repeat(1, 3, HEIGHT, WIDTH)
    keys = tuple(FrameKey("d", "v", number) for number in numbers)
    return Clip(frames, keys, torch.tensor(list(numbers), dtype=torch.float64) / 25, consecutive=True, source="made")


def stills(*names: str) -> Clip:
    return replace(
        clip(0, len(names)),
        keys=tuple(FrameKey("d", name, 0) for name in names),
        pts_seconds=torch.zeros(len(names), dtype=torch.float64),
        consecutive=False,
    )


def trip_of(reference: Clip, encode_seconds: float = 0.0, decode_seconds: float = 0.0) -> RoundTrip:
    """Every decoded sample is one too bright. Frame n has n + 1 bytes, 100 bits of framing and an estimate of n / 2."""
    numbers = [int(level) for level in reference.frames[:, 0, 0, 0]]
    units = tuple(Unit(bytes(n + 1), n, "P" if n else "I", estimated_bits=n / 2 if n % 2 else None) for n in numbers)
    bits = tuple(8 * (n + 1) + 100 for n in numbers)
    decoded = reference.with_frames(reference.frames + 1)
    return RoundTrip(POINT, reference, decoded, units, bits, encode_seconds, decode_seconds)
