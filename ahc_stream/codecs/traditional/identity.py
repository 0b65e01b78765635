"""No compression: the uncompressed original as a codec, so that it needs no special case anywhere."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from ahc_stream.codecs.traditional.pixels import host_block, host_buffer
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.unit import Unit


class Identity:
    """A unit is the frame's 8-bit samples, planes R, G, B: 24 bits per pixel. `decode` gives them back bit for bit."""

    intra_only = True

    def __init__(self, point: OperatingPoint, device: torch.device) -> None:
        self.point, self.device = point, device

    def encode(self, clip: Clip) -> Bitstream:
        frames = host_block(clip.frames)
        units = tuple(Unit(frame.tobytes(), index) for index, frame in enumerate(frames))
        return Bitstream(self.point.codec, {"height": clip.height, "width": clip.width}, units)

    def decode(self, bitstream: Bitstream) -> Tensor:
        header = bitstream.header
        shape = (3, header["height"], header["width"])
        frames = host_buffer((len(bitstream.units), *shape), self.device)
        for unit in bitstream.units:
            if len(unit.payload) != frames[unit.frame].size:
                got = f"{len(unit.payload)} in frame {unit.frame}"
                raise CodecError(f"{frames[unit.frame].size} bytes per frame", got, "encode the clip again")
            frames[unit.frame] = np.frombuffer(unit.payload, np.uint8).reshape(shape)
        return torch.from_numpy(frames).to(self.device)
