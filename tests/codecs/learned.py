"""What the tests of learned codecs share: small pictures and clips, fresh codecs, damaged streams."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream import codecs
from ahc_stream.codecs import learned_model
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.trial import Bitstream, OperatingPoint

CPU = torch.device("cpu")


def pictures(count: int, height: int, width: int, seed: int = 0) -> Tensor:
    """uint8 [count, 3, height, width]: smooth patches with some noise, each of its own."""
    random = torch.Generator().manual_seed(seed)
    smooth = F.interpolate(torch.rand(count, 3, 6, 6, generator=random), size=(height, width), mode="bilinear")
    noise = torch.rand(count, 3, height, width, generator=random)
    return (255 * (0.85 * smooth + 0.15 * noise)).to(torch.uint8)


def clip_of(frames: Tensor, consecutive: bool = False) -> Clip:
    keys = tuple(FrameKey("test", "clip", i) for i in range(len(frames)))
    return Clip(frames, keys, torch.arange(len(frames), dtype=torch.float64) / 25, consecutive)


def codec_of(name: str, weights: str | None = "random:0", quality: int = 1, **options: str):
    return codecs.make(OperatingPoint(name, quality, tuple(options.items())), CPU, weights)


def fresh_codec_of(name: str, **options: str):
    """A codec whose network is loaded anew: nothing of an encoder's can have stayed behind."""
    learned_model._loaded.clear()
    return codec_of(name, **options)


def sent(bitstream: Bitstream) -> Bitstream:
    """The bitstream after a journey as bytes."""
    return Bitstream.from_bytes(bitstream.to_bytes())


def damaged(bitstream: Bitstream, count: int) -> Iterator[Bitstream]:
    """`count` copies, each with one byte inverted, spread over the first unit's payload."""
    unit = bitstream.units[0]
    for i in range(count):
        at = i * (len(unit.payload) - 1) // (count - 1)
        payload = bytearray(unit.payload)
        payload[at] ^= 0xFF
        yield replace(bitstream, units=(replace(unit, payload=bytes(payload)), *bitstream.units[1:]))
