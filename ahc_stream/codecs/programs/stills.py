"""Frames one by one through two programs that read and write PNG files."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from ahc_stream.codecs.foreign_errors import decoding_errors
from ahc_stream.codecs.programs.definition import Definition
from ahc_stream.codecs.programs.raw import read, texts
from ahc_stream.codecs.traditional.pixels import Samples, host_block
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.quality import number_text
from ahc_stream.core.threads import spread
from ahc_stream.core.unit import Unit


class PngPrograms:
    """Two programs at one operating point; every frame is a run of each, several beside one another."""

    intra_only: ClassVar[bool] = True

    def __init__(self, point: OperatingPoint, definition: Definition, device: torch.device) -> None:
        self.point, self.definition, self.device = point, definition, device

    def encode(self, clip: Clip) -> Bitstream:
        payloads = spread(self._encode, list(host_block(clip.frames.permute(0, 2, 3, 1))))
        units = tuple(Unit(payload, index) for index, payload in enumerate(payloads))
        return Bitstream(self.point.codec, {"height": clip.height, "width": clip.width}, units)

    def decode(self, bitstream: Bitstream) -> Tensor:
        size = bitstream.header["height"], bitstream.header["width"]
        units = sorted(bitstream.units, key=lambda unit: unit.frame)
        frames = spread(lambda unit: self._decode(unit, size), units)
        return torch.from_numpy(np.stack(frames)).to(self.device).permute(0, 3, 1, 2).contiguous()

    def _encode(self, rgb: Samples) -> bytes:
        with tempfile.TemporaryDirectory(prefix="ahc-stream-") as name:
            picture, bitstream = Path(name) / "in.png", Path(name) / f"coded{self.definition.suffix}"
            Image.fromarray(rgb).save(picture)
            files = {"in": picture, "out": bitstream, "bitstream": bitstream, "recon": Path(name) / "recon.png"}
            values = self._values(rgb.shape[0], rgb.shape[1])
            self.definition.encoder.run({**values, **texts(files)}, self.definition.timeout)
            return read(bitstream, "encoder")

    def _decode(self, unit: Unit, size: tuple[int, int]) -> Samples:
        """uint8 [H, W, 3]."""
        unit.check()
        with tempfile.TemporaryDirectory(prefix="ahc-stream-") as name:
            bitstream, picture = Path(name) / f"coded{self.definition.suffix}", Path(name) / "recon.png"
            bitstream.write_bytes(unit.payload)
            files = {"in": bitstream, "out": picture, "bitstream": bitstream, "recon": picture}
            self.definition.decoder.run({**self._values(*size), **texts(files)}, self.definition.timeout)
            read(picture, "decoder")
            with decoding_errors("a PNG file out of the decoder", "check what its command line writes"):
                rgb = np.array(Image.open(picture).convert("RGB"))
        if rgb.shape[:2] != size:
            expected, got = f"a picture of {size[1]} x {size[0]}", f"{rgb.shape[1]} x {rgb.shape[0]}"
            raise CodecError(expected, f"{got} out of the decoder of {self.point.codec}", "check its command line")
        return rgb

    def _values(self, height: int, width: int) -> dict[str, str]:
        quality = "" if self.point.quality is None else number_text(self.point.quality)
        own = {"width": str(width), "height": str(height), "fps": "25", "frames": "1", "qp": quality}
        return {**dict(self.point.options), **own}
