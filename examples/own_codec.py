"""A codec of your own: any object with a point, encode and decode. This one keeps the high bits of each sample.

`intra_only` says that it codes every frame alone, so that video goes through it clip by clip. Without it, a video would
be given to `encode` as one whole clip. A codec that predicts frames from one another, and wants to stream, has
`encoder` and `decoder` instead (`ahc_stream.core.protocols.Codec`).

A class that takes a `quality` gets what stands behind the @, and its other parameters with defaults are options:

ahc-stream run PICTURES --codec examples/own_codec.py:HighBits@2,4,6 --codec jpeg@30 --out OUT
ahc-stream report OUT

In Python an object is enough, in an experiment or by itself: python examples/own_codec.py IMAGE
"""

import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch

import ahc_stream as ahc
from ahc_stream.metrics import psnr
from ahc_stream.sources import BrokenStill, open_item


@dataclass(frozen=True)
class HighBits:
    """Keeps `quality` bits of each sample and packs them with zlib."""

    quality: int
    level: int = -1
    intra_only: ClassVar[bool] = True

    @property
    def point(self) -> ahc.OperatingPoint:
        return ahc.OperatingPoint("high-bits", self.quality)

    def encode(self, clip: ahc.Clip) -> ahc.Bitstream:
        kept = clip.frames.cpu().numpy() >> (8 - self.quality)
        units = tuple(ahc.Unit(zlib.compress(frame.tobytes(), self.level), index) for index, frame in enumerate(kept))
        return ahc.Bitstream("high-bits", {"height": clip.height, "width": clip.width}, units)

    def decode(self, bitstream: ahc.Bitstream) -> torch.Tensor:
        shape = (3, bitstream.header["height"], bitstream.header["width"])
        frames = [np.frombuffer(zlib.decompress(unit.payload), np.uint8).reshape(shape) for unit in bitstream.units]
        middle = 1 << (7 - self.quality) if self.quality < 8 else 0
        return torch.from_numpy((np.stack(frames) << (8 - self.quality)) + middle)


def main(path: Path) -> None:
    item = ahc.Item("mine", path.stem, "stills", (path,), names=(path.stem,))
    for clip in open_item(item, clip_frames=1, device=torch.device("cpu")):
        if isinstance(clip, BrokenStill):
            sys.exit(str(clip.error))
        for bits in (2, 4, 6):
            trip = ahc.roundtrip(HighBits(bits), clip)
            bpp = sum(trip.payload_bits) / (clip.height * clip.width)
            print(f"{trip.point}: {bpp:.2f} bpp, {psnr(clip.frames, trip.decoded.frames).item():.2f} dB")


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute())
