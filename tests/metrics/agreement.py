"""Holds a compiled implementation to the float64 definition, on frames chosen to be hard for float32."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from ahc_stream.kernels.quality import Statistics, StatisticsRequest
from ahc_stream.metrics import METRICS, Fused, reference
from tests.metrics.frames import checkerboard, constant, half_flat, one_pixel, textured

Pair = tuple[Tensor, Tensor]
EVERYTHING = StatisticsRequest(error=True, colour=True, ssim_scales=5, vif=True)

RELATIVE = {"mse", "mae", "psnr"}
TYPICAL = {
    "mse": 1e-6,
    "mae": 1e-6,
    "psnr": 1e-6,
    "psnr_yuv_411": 1e-4,  # of floats: a plane's error is the difference of products that are rounded
    "psnr_yuv_611": 1e-4,
    "ssim": 1e-7,
    "ms_ssim": 1e-6,
    "vif": 1e-6,
}
"""Largest difference from the definition; relative too for those of RELATIVE. Each float32 operation rounds by 6e-8."""
FLAT = TYPICAL | {"ssim": 1e-6, "vif": 1e-3}
"""Flat areas beside the largest contrast: a variance below float32's rounding there counts as none."""

CASES: dict[str, tuple[Callable[[], Pair], dict[str, float]]] = {
    "textured": (lambda: textured(2, 165, 171), TYPICAL),
    "larger than a tile": (lambda: textured(1, 211, 397, seed=2), TYPICAL),
    "nearly identical": (lambda: textured(1, 161, 190, noise=0.4), TYPICAL),
    "smallest for vif": (lambda: textured(1, 41, 43), TYPICAL),
    "smallest for ssim": (lambda: textured(1, 11, 11), TYPICAL),
    "one pixel": (lambda: textured(3, 1, 1), TYPICAL),
    "one pixel wide": (lambda: textured(1, 300, 1), TYPICAL),
    "one pixel high": (lambda: textured(1, 1, 301), TYPICAL),
    "checkerboard": (lambda: checkerboard(170, 171), FLAT),
    "half flat": (lambda: half_flat(201, 211), FLAT),
    "half flat, reversed": (lambda: half_flat(201, 211)[::-1], FLAT),
    "noise on flat halves": (lambda: (half_flat(201, 211)[0], textured(1, 201, 211, noise=80)[1]), FLAT),
    "constant": (lambda: constant(165, 165, 255, 0), FLAT),
    "smallest contrast": (lambda: one_pixel(180, 181), FLAT),
}


def assert_agrees(statistics: Callable[[Tensor, Tensor, StatisticsRequest], Statistics], case: str, pair: Pair) -> None:
    """Every metric of the pair by `statistics`, against the float64 definition, within the case's tolerance."""
    ours, theirs = statistics(*pair, EVERYTHING), reference.statistics(*pair, EVERYTHING)
    for name, tolerance in CASES[case][1].items():
        recipe = METRICS[name].recipe
        assert isinstance(recipe, Fused)
        torch.testing.assert_close(
            recipe.value(ours),
            recipe.value(theirs),
            rtol=tolerance if name in RELATIVE else 0,
            atol=tolerance,
            equal_nan=True,
            msg=lambda message, name=name: f"{name}: {message}",
        )


def with_fractions(pair: Pair) -> Pair:
    """float32 frames that no byte holds, from uint8 ones."""
    generator = torch.Generator().manual_seed(5)
    return tuple(frames.float() + torch.rand(frames.shape, generator=generator) / 2 for frames in pair)
