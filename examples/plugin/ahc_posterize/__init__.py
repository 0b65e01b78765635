"""A codec that keeps few levels of each sample, a metric that counts them, and a task that looks at their mean."""

import zlib

import numpy as np
import pyarrow as pa
import torch

import ahc_stream as ahc


class Posterize:
    """Keeps `quality` bits of each sample and packs them with zlib."""

    intra_only = True

    def __init__(self, quality: int) -> None:
        self.point = ahc.OperatingPoint("posterize", quality)
        self._shift = 8 - quality

    def encode(self, clip: ahc.Clip) -> ahc.Bitstream:
        kept = clip.frames.cpu().numpy() >> self._shift
        units = tuple(ahc.Unit(zlib.compress(frame.tobytes()), index) for index, frame in enumerate(kept))
        return ahc.Bitstream("posterize", {"size": [clip.height, clip.width]}, units)

    def decode(self, bitstream: ahc.Bitstream) -> torch.Tensor:
        shape = (3, *bitstream.header["size"])
        frames = [np.frombuffer(zlib.decompress(unit.payload), np.uint8).reshape(shape) for unit in bitstream.units]
        return torch.from_numpy(np.stack(frames) << self._shift)


def levels(reference: torch.Tensor, distorted: torch.Tensor) -> float:
    """Number of different levels of the samples of a frame."""
    return float(len(distorted.unique()))


levels.higher_is_better = True
levels.decimals = 0


class MeanSample:
    """The mean of a frame's samples."""

    name = "mean_sample"
    schema = pa.schema([("mean", pa.float64())])

    def predict(self, clip: ahc.Clip) -> list[list[dict]]:
        return [[{"mean": value}] for value in clip.frames.double().mean((1, 2, 3)).tolist()]
