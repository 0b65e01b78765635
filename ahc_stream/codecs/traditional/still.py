"""Still image codecs: every frame is coded alone, through libraries that release the GIL.

Each encoder runs on one thread, so its bytes do not depend on the machine; several frames are worked on at once.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ahc_stream.codecs.foreign_errors import decoding_errors
from ahc_stream.codecs.traditional.pixels import Samples, host_block, host_buffer
from ahc_stream.codecs.traditional.still_formats import FORMATS
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.threads import spread, worth_a_thread
from ahc_stream.core.unit import Unit


class Still:
    """One format at one operating point. Units are I frames; a clip of video is coded frame by frame."""

    intra_only = True

    def __init__(self, point: OperatingPoint, device: torch.device) -> None:
        self.point, self.device = point, device
        self._format, self._quality, self._options = FORMATS[point.codec], point.quality or 0, dict(point.options)

    def encode(self, clip: Clip) -> Bitstream:
        frames = host_block(clip.frames.permute(0, 2, 3, 1))
        payloads = spread(self._encode, list(frames), worth_a_thread(clip.height * clip.width))
        units = tuple(Unit(payload, index) for index, payload in enumerate(payloads))
        return Bitstream(self.point.codec, {"height": clip.height, "width": clip.width}, units)

    def decode(self, bitstream: Bitstream) -> Tensor:
        header = bitstream.header
        shape = (len(bitstream.units), header["height"], header["width"], 3)
        pixels = host_buffer(shape, self.device)
        least = worth_a_thread(header["height"] * header["width"])
        spread(lambda unit: self._decode(unit, pixels[unit.frame]), bitstream.units, least)
        return torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).contiguous()

    def _encode(self, rgb: Samples) -> bytes:
        try:
            return bytes(self._format.encode(rgb, self._quality, self._options))
        except (RuntimeError, ValueError) as error:  # what `StillFormat.encode` raises
            raise CodecError(f"{self.point} to encode", str(error), "check the frame's size") from error

    def _decode(self, unit: Unit, into: Samples) -> None:
        height, width, _ = into.shape
        with decoding_errors(f"an intact {self.point.codec} frame {unit.frame} of {width} x {height}"):
            self._format.decode(unit.payload, into)
