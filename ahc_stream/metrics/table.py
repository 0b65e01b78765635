"""The metrics: what each one is, in one sentence, and its formula over the statistics of a pair of frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from ahc_stream.kernels.quality import MS_SSIM_SCALES, Statistics, Wanted
from ahc_stream.metrics import formulas


@dataclass(frozen=True)
class Metric:
    """A full-reference image metric, one value per frame.

    definition:  one sentence: channels, window, sigma, range, downsampling, source, and where it is undefined (NaN).
    wanted:      the statistics it is made of, which one fused pass computes for all metrics that are asked for.
    value:       statistics -> float64 [N].
    prepare:     what is done to both tensors of frames before; None for nothing.
    """

    name: str
    unit: str
    definition: str
    higher_is_better: bool
    wanted: Wanted
    value: Callable[[Statistics], Tensor]
    prepare: Callable[[Tensor], Tensor] | None = None


METRICS: dict[str, Metric] = {
    "mse": Metric(
        name="mse",
        unit="squared grey levels",
        definition="Mean of the squared differences over R, G, B and all pixels, values in 0..255.",
        higher_is_better=False,
        wanted=Wanted(error=True),
        value=formulas.mse,
    ),
    "mae": Metric(
        name="mae",
        unit="grey levels",
        definition="Mean of the absolute differences over R, G, B and all pixels, values in 0..255.",
        higher_is_better=False,
        wanted=Wanted(error=True),
        value=formulas.mae,
    ),
    "psnr": Metric(
        name="psnr",
        unit="dB",
        definition="10 log10(255^2 / MSE) with one MSE over R, G, B of the frame; infinite for identical frames.",
        higher_is_better=True,
        wanted=Wanted(error=True),
        value=formulas.psnr,
    ),
    "ssim": Metric(
        name="ssim",
        unit="1",
        definition=(
            "SSIM (Wang et al., 2004) of R, G and B each, averaged: Gaussian window 11 x 11, sigma 1.5, only where it "
            "fits, weighted (biased) variances, K1 = 0.01, K2 = 0.03, range 255, no downsampling (as pytorch-msssim); "
            "undefined below 11 pixels a side."
        ),
        higher_is_better=True,
        wanted=Wanted(ssim_scales=1),
        value=formulas.ssim,
    ),
    "ms_ssim": Metric(
        name="ms_ssim",
        unit="1",
        definition=(
            "MS-SSIM (Wang, Simoncelli and Bovik, 2003) of R, G and B each, averaged: five scales of SSIM's "
            "window, weights 0.0448, 0.2856, 0.3001, 0.2363, 0.1333, negative factors taken as 0, 2 x 2 means between "
            "scales with a line of zeros before an odd side (as pytorch-msssim and CompressAI); undefined below 161 "
            "pixels a side."
        ),
        higher_is_better=True,
        wanted=Wanted(ssim_scales=MS_SSIM_SCALES),
        value=formulas.ms_ssim,
    ),
    "vif": Metric(
        name="vif",
        unit="1",
        definition=(
            "VIF in the pixel domain (Sheikh and Bovik, 2006; their vifp_mscale) of unrounded BT.601 luma in 0..255: "
            "four scales, Gaussian windows 17, 9, 5, 3 with sigma a fifth of the side, only where they fit, every "
            "second pixel kept between scales, noise variance 2; undefined below 41 pixels a side and for a reference "
            "without contrast."
        ),
        higher_is_better=True,
        wanted=Wanted(vif=True),
        value=formulas.vif,
    ),
    "psnr_yuv_411": Metric(
        name="psnr_yuv_411",
        unit="dB",
        definition=(
            "(4 PSNR(Y) + PSNR(Cb) + PSNR(Cr)) / 6, the weights of CompressAI's video evaluation, of unrounded "
            "full-range BT.709 planes of the full size (4:4:4), peak 255; infinite where a plane is identical."
        ),
        higher_is_better=True,
        wanted=Wanted(colour=True),
        value=formulas.psnr_yuv_411,
    ),
    "psnr_yuv_611": Metric(
        name="psnr_yuv_611",
        unit="dB",
        definition=(
            "(6 PSNR(Y) + PSNR(Cb) + PSNR(Cr)) / 8, the weights of DCVC, of unrounded full-range BT.709 planes of the "
            "full size (4:4:4), peak 255; infinite where a plane is identical."
        ),
        higher_is_better=True,
        wanted=Wanted(colour=True),
        value=formulas.psnr_yuv_611,
    ),
    "ssim_study": Metric(
        name="ssim_study",
        unit="1",
        definition=(
            "(1 + SSIM) / 2, that is 1 - SSIMLoss of kornia, of R, G and B each, averaged: the window and constants of "
            "`ssim`, over the whole frame with mirrored borders; not SSIM, only for comparison with the study's "
            "numbers."
        ),
        higher_is_better=True,
        wanted=Wanted(ssim_scales=1),
        value=formulas.ssim_study,
        prepare=formulas.mirrored,
    ),
    "vif_study": Metric(
        name="vif_study",
        unit="1",
        definition=(
            "The formula of `vif` on R, G and B each, averaged, with values in 0..1 but the noise variance 2 that is "
            "meant for 0..255 (as torchmetrics' VIF fed with 0..1); not VIF, only for comparison with the study's "
            "numbers."
        ),
        higher_is_better=True,
        wanted=Wanted(vif=True),
        value=formulas.vif_study,
        prepare=formulas.channels_in_unit_range,
    ),
}
"""The metrics by name. `bits_per_pixel` is not among them: it measures a bitstream, not a pair of frames."""
