"""The metrics: what each one is, in one sentence, how its value is shown, and where its computation is written."""

from __future__ import annotations

from ahc_stream.metrics import rows_filters, rows_luma, rows_temporal
from ahc_stream.metrics.entry import EstimatedRate, Metric, MetricProfile
from ahc_stream.metrics.rows_of_seeing import SEEING

METRICS: dict[str, Metric] = {
    "mse": Metric(
        name="mse",
        label="MSE",
        unit="squared grey levels",
        decimals=2,
        definition="Mean of the squared differences over R, G, B and all pixels, values in 0..255.",
        higher_is_better=False,
        computation="ahc_stream.metrics.formulas:MSE",
        compressai=("mse-rgb",),
        range="0..65025",
        source="the textbook's formula; one mean over the channels, as CompressAI's",
    ),
    "mae": Metric(
        name="mae",
        label="MAE",
        unit="grey levels",
        decimals=2,
        definition="Mean of the absolute differences over R, G, B and all pixels, values in 0..255.",
        higher_is_better=False,
        computation="ahc_stream.metrics.formulas:MAE",
        range="0..255",
        source="the textbook's formula",
    ),
    "psnr": Metric(
        name="psnr",
        label="PSNR",
        unit="dB",
        decimals=2,
        definition="10 log10(255^2 / MSE) with one MSE over R, G, B of the frame; infinite for identical frames.",
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:PSNR",
        is_leading=True,
        compressai=("psnr-rgb", "psnr"),
        range="0 and above, infinite for identical frames",
        source="the textbook's formula; one MSE over the channels, as CompressAI's",
    ),
    "ssim": Metric(
        name="ssim",
        label="SSIM",
        unit="1",
        decimals=4,
        definition=(
            "SSIM (Wang et al., 2004) of R, G and B each, averaged: Gaussian window 11 x 11, sigma 1.5, only where it "
            "fits, weighted (biased) variances, K1 = 0.01, K2 = 0.03, range 255, no downsampling (as pytorch-msssim); "
            "undefined below 11 pixels a side."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:SSIM",
        range="-1..1",
        source="Wang, Bovik, Sheikh and Simoncelli, IEEE Trans. Image Processing 13(4), 2004",
    ),
    "ms_ssim": Metric(
        name="ms_ssim",
        label="MS-SSIM",
        unit="1",
        decimals=4,
        definition=(
            "MS-SSIM (Wang, Simoncelli and Bovik, 2003) of R, G and B each, averaged: five scales of SSIM's "
            "window, weights 0.0448, 0.2856, 0.3001, 0.2363, 0.1333, negative factors taken as 0, 2 x 2 means between "
            "scales with a line of zeros before an odd side (as pytorch-msssim and CompressAI); undefined below 161 "
            "pixels a side."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:MS_SSIM",
        compressai=("ms-ssim-rgb", "ms-ssim"),
        range="0..1",
        source="Wang, Simoncelli and Bovik, Asilomar Conference, 2003",
    ),
    "vif": Metric(
        name="vif",
        label="VIF",
        unit="1",
        decimals=4,
        definition=(
            "VIF in the pixel domain (Sheikh and Bovik, 2006; their vifp_mscale) of unrounded BT.601 luma in 0..255: "
            "four scales, Gaussian windows 17, 9, 5, 3 with sigma a fifth of the side, only where they fit, every "
            "second pixel kept between scales, noise variance 2; undefined below 41 pixels a side and for a reference "
            "without contrast."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:VIF",
        range="0 and above, 1 for identical frames",
        source="Sheikh and Bovik, IEEE Trans. Image Processing 15(2), 2006",
    ),
    "psnr_yuv_411": Metric(
        name="psnr_yuv_411",
        label="PSNR-YUV 411",
        unit="dB",
        decimals=2,
        definition=(
            "(4 PSNR(Y) + PSNR(Cb) + PSNR(Cr)) / 6, the weights of CompressAI's video evaluation, of unrounded "
            "full-range BT.709 planes of the full size (4:4:4), peak 255; infinite where a plane is identical."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:PSNR_YUV_411",
        infinite_if="identical in a plane",
        range="0 and above, infinite where a plane is identical",
        source="CompressAI's evaluation of video codecs",
    ),
    "psnr_yuv_611": Metric(
        name="psnr_yuv_611",
        label="PSNR-YUV 611",
        unit="dB",
        decimals=2,
        definition=(
            "(6 PSNR(Y) + PSNR(Cb) + PSNR(Cr)) / 8, the weights of DCVC, of unrounded full-range BT.709 planes of the "
            "full size (4:4:4), peak 255; infinite where a plane is identical."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:PSNR_YUV_611",
        infinite_if="identical in a plane",
        range="0 and above, infinite where a plane is identical",
        source="the evaluation of DCVC (Li, Li and Lu, NeurIPS, 2021)",
    ),
    **rows_luma.ROWS,
    "ssim_study": Metric(
        name="ssim_study",
        label="SSIM of the study",
        unit="1",
        decimals=4,
        definition=(
            "(1 + SSIM) / 2, that is 1 - SSIMLoss of kornia, of R, G and B each, averaged: the window and constants of "
            "`ssim`, over the whole frame with mirrored borders; not SSIM, only for comparison with the study's "
            "numbers."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:SSIM_STUDY",
        range="0..1",
        source="kornia's SSIMLoss, as the study called it",
    ),
    "vif_study": Metric(
        name="vif_study",
        label="VIF of the study",
        unit="1",
        decimals=4,
        definition=(
            "The formula of `vif` with original and distorted frame exchanged, on R, G and B each, averaged, with "
            "values in 0..1 but the noise variance 2 that is meant for 0..255 (as torchmetrics' VIF fed with 0..1, the "
            "original first); undefined below 41 pixels a side and for a distorted frame with a channel without "
            "contrast; not VIF, only for comparison with the study's numbers."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:VIF_STUDY",
        range="0 and above",
        source="torchmetrics' VIF, as the study called it",
    ),
    "psnr_hvs": Metric(
        name="psnr_hvs",
        label="PSNR-HVS",
        unit="dB",
        decimals=2,
        definition=(
            "PSNR-HVS (Egiazarian et al., 2006) of unrounded full-range BT.601 luma in 0..255: PSNR over the DCT "
            "coefficients of whole 8 x 8 blocks from the top left, each error times 25.735 / Q of JPEG's luminance "
            "table, peak 255; infinite for identical frames; undefined below 8 pixels a side."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.hvs:PSNR_HVS",
        range="0 and above, infinite for identical frames",
        source="Egiazarian et al., VPQM, 2006",
    ),
    "psnr_hvs_m": Metric(
        name="psnr_hvs_m",
        label="PSNR-HVS-M",
        unit="dB",
        decimals=2,
        definition=(
            "PSNR-HVS-M (Ponomarenko et al., 2007; their psnrhvsm.m): `psnr_hvs` with each AC coefficient's error "
            "first lessened by what the block's own contrast masks; infinite where nothing is left."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.hvs:PSNR_HVS_M",
        infinite_if="identical once masked",
        range="0 and above, infinite where nothing is left",
        source="Ponomarenko et al., VPQM, 2007",
    ),
    **rows_filters.ROWS,
    **rows_temporal.ROWS,
    "lpips_alex": Metric(
        name="lpips_alex",
        label="LPIPS (AlexNet)",
        unit="1",
        decimals=4,
        definition=(
            "LPIPS 0.1 (Zhang et al., 2018) with AlexNet, as the package lpips computes it in float32: RGB scaled to "
            "-1..1 at full size, mean over each layer's map; undefined below 31 pixels a side."
        ),
        higher_is_better=False,
        computation="ahc_stream.metrics.perceptual:LPIPS_ALEX",
        range="0 and above",
        source="Zhang, Isola, Efros, Shechtman and Wang, CVPR, 2018",
        model="LPIPS 0.1, torchvision's AlexNet",
    ),
    "lpips_vgg": Metric(
        name="lpips_vgg",
        label="LPIPS (VGG16)",
        unit="1",
        decimals=4,
        definition=(
            "LPIPS 0.1 (Zhang et al., 2018) with VGG16, as the package lpips computes it in float32: RGB scaled to "
            "-1..1 at full size, mean over each layer's map; undefined below 16 pixels a side."
        ),
        higher_is_better=False,
        computation="ahc_stream.metrics.perceptual:LPIPS_VGG",
        range="0 and above",
        source="Zhang, Isola, Efros, Shechtman and Wang, CVPR, 2018",
        model="LPIPS 0.1, torchvision's VGG16",
    ),
    "vmaf": Metric(
        name="vmaf",
        label="VMAF",
        unit="0..100",
        decimals=2,
        definition=(
            "VMAF by libvmaf with its model vmaf_v0.6.1, of limited-range BT.709 luma rounded to 8 bits: a stream of "
            "consecutive frames as one video, and other frames each alone, without motion; undefined below 32 pixels "
            "a side."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.vmaf:VMAF",
        range="0..100",
        source="Li, Aaron, Katsavounidis, Moorthy and Manohara, Netflix Technology Blog, 2016",
        model="vmaf_v0.6.1, libvmaf of the ffmpeg program",
    ),
    **SEEING,
}
"""The metrics by name. `bits_per_pixel` is not among them: it measures a bitstream, not a pair of frames."""

BUILT_IN = frozenset(METRICS)
"""The names that no plug-in may have."""

PROFILES: dict[str, MetricProfile] = {
    "standard": MetricProfile(("mse", "mae", "psnr", "ssim", "ms_ssim", "vif")),
    "study": MetricProfile(
        ("mse", "mae", "psnr", "ssim_study", "ms_ssim", "vif_study"),
        EstimatedRate(
            name="bpp_study",
            decimals=3,
            definition="the entropy model's estimate per pixel, which the study called bpp; no rate of any file",
        ),
    ),
}
"""What a run measures where it names no metrics. "study" takes the study's own SSIM and VIF, which are neither (see
docs/metrics.md)."""
