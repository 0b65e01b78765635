"""Models of CompressAI's kind whose strings are their pictures: what goes in comes back, or is wrong in one way."""

from __future__ import annotations

import zlib

import torch
from torch import Tensor, nn

from ahc_stream.core.point import OperatingPoint

CPU = torch.device("cpu")
POINT = OperatingPoint("mine.py:Model", 3.0)


class Model(nn.Module):
    """Takes sides of multiples of `multiple`; `scale` is how much larger its pictures come back."""

    def __init__(self, multiple: int = 64, scale: int = 1) -> None:
        super().__init__()
        self.multiple, self.scale = multiple, scale
        self.weight = nn.Parameter(torch.ones(1))

    def compress(self, x: Tensor) -> dict:
        if any(side % self.multiple for side in x.shape[-2:]):
            raise RuntimeError(f"sizes of tensors must match: {tuple(x.shape)}")
        data = (x * 255).round().to(torch.uint8).numpy().tobytes()
        return {"strings": [[zlib.compress(data[:100])], {"rest": [zlib.compress(data[100:])]}], "shape": x.shape[-2:]}

    def decompress(self, strings: list, shape: tuple[int, int]) -> dict:
        data = zlib.decompress(strings[0][0]) + zlib.decompress(strings[1]["rest"][0])
        picture = torch.frombuffer(bytearray(data), dtype=torch.uint8).reshape(1, 3, *shape).float() / 255
        return {"x_hat": picture.repeat(1, 1, self.scale, self.scale)}
