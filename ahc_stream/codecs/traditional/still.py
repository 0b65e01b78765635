"""Still image codecs: every frame is coded alone, through imagecodecs, which releases the GIL.

Each encoder runs on one thread, so its bytes do not depend on the machine; a small pool works on several frames at once.
Formats keep what a file of theirs needs to be decoded: JPEG, WebP and AVIF their file headers, JPEG 2000 and JPEG XL the
bare codestream. All of it counts as payload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ahc_stream.codecs.traditional.pixels import WORKERS, host_buffer, to_host
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.unit import Unit


@dataclass(frozen=True)
class Format:
    """encode: (uint8 [H, W, 3], quality, options) -> bytes; decode: bytes -> uint8 [H, W, 3]."""

    encode: Callable[[np.ndarray, float, Mapping[str, str]], bytes]
    decode: Callable[[bytes], np.ndarray]


def _jpeg(rgb: np.ndarray, quality: float, options: Mapping[str, str]) -> bytes:
    import imagecodecs

    return imagecodecs.jpeg8_encode(rgb, int(quality), subsampling=options["subsampling"])


def _jpeg2000(rgb: np.ndarray, quality: float, options: Mapping[str, str]) -> bytes:
    import imagecodecs

    return imagecodecs.jpeg2k_encode(rgb, quality, codecformat="j2k", reversible=False, mct=True, numthreads=1)


def _webp(rgb: np.ndarray, quality: float, options: Mapping[str, str]) -> bytes:
    import imagecodecs

    # Without lossless=False this call is lossless whatever the level.
    return imagecodecs.webp_encode(rgb, quality, lossless=False, method=int(options["effort"]), numthreads=1)


def _avif(rgb: np.ndarray, quality: float, options: Mapping[str, str]) -> bytes:
    import imagecodecs

    settings = {"speed": int(options["speed"]), "pixelformat": options["subsampling"], "codec": "aom"}
    return imagecodecs.avif_encode(rgb, int(quality), numthreads=1, **settings)


def _jpegxl(rgb: np.ndarray, quality: float, options: Mapping[str, str]) -> bytes:
    import imagecodecs

    settings = {"distance": quality, "effort": int(options["effort"]), "lossless": False, "usecontainer": False}
    return imagecodecs.jpegxl_encode(rgb, numthreads=1, **settings)


def _jpegls(rgb: np.ndarray, quality: float, options: Mapping[str, str]) -> bytes:
    import imagecodecs

    return imagecodecs.jpegls_encode(rgb, int(quality))


def _decoder(name: str, end: bytes = b"") -> Callable[[bytes], np.ndarray]:
    """imagecodecs' function `name`, for payloads that must end with the marker `end`.

    Without its end marker, libjpeg only warns and fills the rest with grey, and CharLS searches for 15 seconds.
    """

    def decode(payload: bytes) -> np.ndarray:
        import imagecodecs

        if not payload.endswith(end):
            raise ValueError(f"no end marker {end!r}")
        return getattr(imagecodecs, name)(payload)

    return decode


_END_OF_IMAGE = b"\xff\xd9"  # JPEG and JPEG-LS alike

FORMATS: dict[str, Format] = {
    "jpeg": Format(_jpeg, _decoder("jpeg8_decode", _END_OF_IMAGE)),
    "jpeg2000": Format(_jpeg2000, _decoder("jpeg2k_decode")),
    "webp": Format(_webp, _decoder("webp_decode")),
    "avif": Format(_avif, _decoder("avif_decode")),
    "jpegxl": Format(_jpegxl, _decoder("jpegxl_decode")),
    "jpegls": Format(_jpegls, _decoder("jpegls_decode", _END_OF_IMAGE)),
}


class Still:
    """One format at one operating point. Units are I frames; a clip of video is coded frame by frame."""

    intra_only = True

    def __init__(self, point: OperatingPoint, device: torch.device) -> None:
        self.point, self.device = point, device
        self._format, self._options = FORMATS[point.codec], dict(point.options)

    def encode(self, clip: Clip) -> Bitstream:
        with ThreadPoolExecutor(WORKERS) as pool:
            payloads = pool.map(self._encode, to_host(clip.frames.permute(0, 2, 3, 1)))
            units = tuple(Unit(payload, index) for index, payload in enumerate(payloads))
        return Bitstream(self.point.codec, {"height": clip.height, "width": clip.width}, units)

    def decode(self, bitstream: Bitstream) -> Tensor:
        header = bitstream.header
        shape = (len(bitstream.units), header["height"], header["width"], 3)
        pixels = host_buffer(shape, self.device)
        with ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(lambda unit: self._decode(unit, pixels[unit.frame]), bitstream.units))
        return torch.from_numpy(pixels).to(self.device).permute(0, 3, 1, 2).contiguous()

    def _encode(self, rgb: np.ndarray) -> bytes:
        try:
            return bytes(self._format.encode(rgb, self.point.quality, self._options))
        except (RuntimeError, ValueError) as error:  # imagecodecs' errors of every format derive from these
            raise CodecError(f"{self.point} to encode", str(error), "check the frame's size") from error

    def _decode(self, unit: Unit, into: np.ndarray) -> None:
        try:
            rgb = self._format.decode(unit.payload)
        except (RuntimeError, ValueError) as error:
            raise CodecError(
                f"an intact {self.point.codec} frame {unit.frame}", str(error), "encode it again"
            ) from error
        if rgb.shape != into.shape:
            raise CodecError(f"a frame of shape {into.shape}", f"{rgb.shape}", "encode the clip again")
        into[...] = rgb


def make(point: OperatingPoint, device: torch.device, weights: str | None) -> Still:
    """The table's maker; `weights` means nothing here."""
    return Still(point, device)
