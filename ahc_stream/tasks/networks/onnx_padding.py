"""What surrounds the input of an ONNX operator with a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from ahc_stream.tasks.networks.onnx_node import OnnxNode
from ahc_stream.tasks.networks.same_padding import pad_same


@dataclass(frozen=True)
class Padding:
    """What surrounds an input: pixels above, left, below and right, or (None) as many as TensorFlow's "same" takes."""

    margins: tuple[int, int, int, int] | None

    @classmethod
    def of(cls, node: OnnxNode, dilations: list[int]) -> Padding:
        """What `pads` or `auto_pad` say. Of a dilated kernel "same" is refused: runtimes differ about it."""
        kind = node.attribute("auto_pad", "NOTSET")
        pads = tuple(node.attribute("pads", (0, 0, 0, 0)))
        if kind not in ("NOTSET", "VALID", "SAME_UPPER"):
            raise node.refused(f"auto_pad={kind}")
        if kind == "SAME_UPPER" and dilations != [1, 1]:
            raise node.refused(f"auto_pad={kind} with dilations={dilations}")
        if len(pads) != 4 or (any(pads) and kind != "NOTSET"):
            raise node.refused(f"pads={list(pads)} with auto_pad={kind}")
        top, left, bottom, right = pads
        return cls(None if kind == "SAME_UPPER" else (top, left, bottom, right))

    @property
    def both_ends(self) -> list[int] | None:
        """The pixels at both ends of each axis where these are equal and known, else None."""
        if self.margins is None:
            return None
        top, left, bottom, right = self.margins
        return [top, left] if (top, left) == (bottom, right) else None

    def pad(self, x: Tensor, reach: Sequence[int], strides: Sequence[int], value: float) -> Tensor:
        """[N, C, H, W] with `value` around it; reach as `pad_same` has it."""
        if self.margins is None:
            return pad_same(x, reach, strides, value)
        top, left, bottom, right = self.margins
        return F.pad(x, [left, right, top, bottom], value=value) if any(self.margins) else x


def reach_of(taps: Sequence[int], dilations: Sequence[int]) -> list[int]:
    """Pixels from the first tap to the last, both counted, on each axis."""
    return [dilation * (count - 1) + 1 for count, dilation in zip(taps, dilations, strict=True)]
