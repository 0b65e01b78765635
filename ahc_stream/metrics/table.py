"""The metrics: what each one is, in one sentence, and how it is computed."""

from __future__ import annotations

from ahc_stream.kernels.quality import MS_SSIM_SCALES, Wanted
from ahc_stream.metrics import formulas, hvs, perceptual, vmaf
from ahc_stream.metrics.entry import Fused, Metric, Own, Temporal

METRICS: dict[str, Metric] = {
    "mse": Metric(
        name="mse",
        unit="squared grey levels",
        definition="Mean of the squared differences over R, G, B and all pixels, values in 0..255.",
        higher_is_better=False,
        recipe=Fused(Wanted(error=True), formulas.mse),
    ),
    "mae": Metric(
        name="mae",
        unit="grey levels",
        definition="Mean of the absolute differences over R, G, B and all pixels, values in 0..255.",
        higher_is_better=False,
        recipe=Fused(Wanted(error=True), formulas.mae),
    ),
    "psnr": Metric(
        name="psnr",
        unit="dB",
        definition="10 log10(255^2 / MSE) with one MSE over R, G, B of the frame; infinite for identical frames.",
        higher_is_better=True,
        recipe=Fused(Wanted(error=True), formulas.psnr),
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
        recipe=Fused(Wanted(ssim_scales=1), formulas.ssim),
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
        recipe=Fused(Wanted(ssim_scales=MS_SSIM_SCALES), formulas.ms_ssim),
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
        recipe=Fused(Wanted(vif=True), formulas.vif),
    ),
    "psnr_yuv_411": Metric(
        name="psnr_yuv_411",
        unit="dB",
        definition=(
            "(4 PSNR(Y) + PSNR(Cb) + PSNR(Cr)) / 6, the weights of CompressAI's video evaluation, of unrounded "
            "full-range BT.709 planes of the full size (4:4:4), peak 255; infinite where a plane is identical."
        ),
        higher_is_better=True,
        recipe=Fused(Wanted(colour=True), formulas.psnr_yuv_411),
    ),
    "psnr_yuv_611": Metric(
        name="psnr_yuv_611",
        unit="dB",
        definition=(
            "(6 PSNR(Y) + PSNR(Cb) + PSNR(Cr)) / 8, the weights of DCVC, of unrounded full-range BT.709 planes of the "
            "full size (4:4:4), peak 255; infinite where a plane is identical."
        ),
        higher_is_better=True,
        recipe=Fused(Wanted(colour=True), formulas.psnr_yuv_611),
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
        recipe=Fused(Wanted(ssim_scales=1), formulas.ssim_study, formulas.mirrored),
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
        recipe=Fused(Wanted(vif=True), formulas.vif_study, formulas.channels_in_unit_range),
    ),
    "psnr_hvs": Metric(
        name="psnr_hvs",
        unit="dB",
        definition=(
            "PSNR-HVS (Egiazarian et al., 2006) of unrounded full-range BT.601 luma in 0..255: PSNR over the DCT "
            "coefficients of whole 8 x 8 blocks from the top left, each error times 25.735 / Q of JPEG's luminance "
            "table, peak 255; infinite for identical frames; undefined below 8 pixels a side."
        ),
        higher_is_better=True,
        recipe=Own(hvs.psnr_hvs),
    ),
    "psnr_hvs_m": Metric(
        name="psnr_hvs_m",
        unit="dB",
        definition=(
            "PSNR-HVS-M (Ponomarenko et al., 2007; their psnrhvsm.m): `psnr_hvs` with each AC coefficient's error first "
            "lessened by what the block's own contrast masks; infinite where nothing is left."
        ),
        higher_is_better=True,
        recipe=Own(hvs.psnr_hvs_m),
    ),
    "lpips_alex": Metric(
        name="lpips_alex",
        unit="1",
        definition=(
            "LPIPS 0.1 (Zhang et al., 2018) with AlexNet, as the package lpips computes it in float32: RGB scaled to "
            "-1..1 at full size, mean over each layer's map; undefined below 31 pixels a side."
        ),
        higher_is_better=False,
        recipe=Own(perceptual.alex, weights=("lpips-alex",)),
    ),
    "lpips_vgg": Metric(
        name="lpips_vgg",
        unit="1",
        definition=(
            "LPIPS 0.1 (Zhang et al., 2018) with VGG16, as the package lpips computes it in float32: RGB scaled to "
            "-1..1 at full size, mean over each layer's map; undefined below 16 pixels a side."
        ),
        higher_is_better=False,
        recipe=Own(perceptual.vgg, weights=("lpips-vgg",)),
    ),
    "vmaf": Metric(
        name="vmaf",
        unit="0..100",
        definition=(
            "VMAF by libvmaf with its model vmaf_v0.6.1, of limited-range BT.709 luma rounded to 8 bits: a stream of "
            "consecutive frames as one video, and other frames each alone, without motion; undefined below 32 pixels "
            "a side."
        ),
        higher_is_better=True,
        recipe=Temporal(vmaf.Vmaf, vmaf.require),
    ),
}
"""The metrics by name. `bits_per_pixel` is not among them: it measures a bitstream, not a pair of frames."""

PROFILES: dict[str, tuple[str, ...]] = {
    "standard": ("mse", "mae", "psnr", "ssim", "ms_ssim", "vif"),
    "study": ("mse", "mae", "psnr", "ssim_study", "ms_ssim", "vif_study"),
}
"""What a run measures where it names no metrics. "study" takes the study's own SSIM and VIF, which are neither (see
docs/metrics.md)."""
