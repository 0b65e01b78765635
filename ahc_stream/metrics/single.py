"""One metric at a time, and the rate."""

from __future__ import annotations

from torch import Tensor

from ahc_stream.core.errors import InvalidValue
from ahc_stream.metrics.measuring import measure


def mse(reference: Tensor, distorted: Tensor) -> Tensor:
    """`METRICS["mse"]` of each frame: float64 [N]. Input and errors: see `measure`."""
    return measure(reference, distorted, ["mse"])["mse"]


def mae(reference: Tensor, distorted: Tensor) -> Tensor:
    """`METRICS["mae"]` of each frame: float64 [N]. Input and errors: see `measure`."""
    return measure(reference, distorted, ["mae"])["mae"]


def psnr(reference: Tensor, distorted: Tensor) -> Tensor:
    """`METRICS["psnr"]` of each frame, in dB: float64 [N]. Input and errors: see `measure`."""
    return measure(reference, distorted, ["psnr"])["psnr"]


def ssim(reference: Tensor, distorted: Tensor) -> Tensor:
    """`METRICS["ssim"]` of each frame: float64 [N]. Input and errors: see `measure`."""
    return measure(reference, distorted, ["ssim"])["ssim"]


def ms_ssim(reference: Tensor, distorted: Tensor) -> Tensor:
    """`METRICS["ms_ssim"]` of each frame: float64 [N]. Input and errors: see `measure`."""
    return measure(reference, distorted, ["ms_ssim"])["ms_ssim"]


def vif(reference: Tensor, distorted: Tensor) -> Tensor:
    """`METRICS["vif"]` of each frame: float64 [N]. Input and errors: see `measure`."""
    return measure(reference, distorted, ["vif"])["vif"]


def bits_per_pixel(bits: float, width: int, height: int) -> float:
    """Coded bits of one frame over its true pixels, those that padding adds not counted.

    Raises InvalidValue for negative bits or a frame without pixels.
    """
    if bits < 0 or width < 1 or height < 1:
        raise InvalidValue(
            "bits >= 0 and a frame of at least 1 x 1", f"{bits} bits, {width} x {height}", "check the arguments' order"
        )
    return bits / (width * height)
