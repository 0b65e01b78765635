"""The numbers that ffmpeg's filters libvmaf and xpsnr give for a frame, each under its own conditions."""

from __future__ import annotations

from dataclasses import dataclass

LIBVMAF, XPSNR = "libvmaf", "xpsnr"
"""The filters, as ffmpeg calls them."""
MIN_SIDE = 32
"""Of VMAF's four scales the last has 4 pixels then; at 16 libvmaf crashes."""
CAMBI_LONG_SIDE = 216
"""libvmaf refuses to look for bands where both sides are shorter."""
CAMBI_SIDES = 6000
CAMBI_SHAPE = 8
"""libvmaf refuses a sum of both sides above some 6050, and writes beyond its memory where one is ten times the other:
both were found by trying."""
XPSNR_PIXELS = 2025
"""Of fewer, the filter's blocks would have less than four pixels a side, and it measures PSNR instead."""


@dataclass(frozen=True)
class FilterScore:
    """One number per frame, out of one filter's log.

    filter:      LIBVMAF or XPSNR.
    column:      its name in that log, which is libvmaf's own but for a model's.
    model:       version and options of libvmaf's model, as its option `model` takes them; "": none.
    feature:     what libvmaf computes beside models; "": nothing.
    long_side:   of a frame's two sides the longer one must have so many pixels at least.
    min_pixels:  of a frame.
    max_sides:   the sum of both sides at most; 0: any.
    max_shape:   how many times as long as the shorter side the longer one is at most; 0: any.
    """

    filter: str
    column: str
    model: str = ""
    feature: str = ""
    long_side: int = MIN_SIDE
    min_pixels: int = 0
    max_sides: int = 0
    max_shape: int = 0

    def is_defined(self, height: int, width: int) -> bool:
        """Whether a frame of that size has it."""
        short, long = sorted((height, width))
        is_large = short >= MIN_SIDE and long >= self.long_side and height * width >= self.min_pixels
        is_small = not self.max_sides or height + width <= self.max_sides
        return is_large and is_small and (not self.max_shape or long <= self.max_shape * short)

    @property
    def needs(self) -> str:
        """What a program must have for it, as people say it."""
        if self.model:
            return f"libvmaf's model {self.model}"
        return f"libvmaf's feature {self.feature}" if self.feature else f"the filter {self.filter}"


def model(column: str, version: str, options: str = "") -> FilterScore:
    """The score of a model that libvmaf has within it."""
    return FilterScore(LIBVMAF, column, model=f"version={version}{options}")


VMAF = model("vmaf", "vmaf_v0.6.1")
VMAF_NEG = model("vmaf_neg", "vmaf_v0.6.1neg")
VMAF_4K = model("vmaf_4k", "vmaf_4k_v0.6.1")
VMAF_PHONE = model("vmaf_phone", "vmaf_v0.6.1", options=":enable_transform=true")
ADM = FilterScore(LIBVMAF, "integer_adm2", feature="adm")
VIF = tuple(FilterScore(LIBVMAF, f"integer_vif_scale{scale}", feature="vif") for scale in range(4))
"""Finest scale first."""
CAMBI = FilterScore(
    LIBVMAF,
    "cambi",
    feature="cambi",
    long_side=CAMBI_LONG_SIDE,
    max_sides=CAMBI_SIDES,
    max_shape=CAMBI_SHAPE,
)
XPSNR_Y = FilterScore(XPSNR, "y", min_pixels=XPSNR_PIXELS)
