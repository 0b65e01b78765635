"""The rows of the metrics of luma alone, and of MS-SSIM in decibels: formulas over the fused pass."""

from __future__ import annotations

from ahc_stream.metrics.entry import Metric

_LUMA = "limited-range BT.709 luma rounded to 8 bits"

ROWS: dict[str, Metric] = {
    "psnr_y": Metric(
        name="psnr_y",
        label="PSNR-Y",
        unit="dB",
        decimals=2,
        definition=f"10 log10(255^2 / MSE) of {_LUMA}, as ffmpeg's psnr has it; infinite for identical luma.",
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:PSNR_Y",
        infinite_if="identical in luma",
        range="0 and above, infinite for identical luma",
        source="the common measure of video coding; JVET's common test conditions",
    ),
    "ssim_y": Metric(
        name="ssim_y",
        label="SSIM-Y",
        unit="1",
        decimals=4,
        definition=f"`ssim` of {_LUMA}: its window and constants, range 255; undefined below 11 pixels a side.",
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:SSIM_Y",
        range="-1..1",
        source="Wang, Bovik, Sheikh and Simoncelli, IEEE Trans. Image Processing 13(4), 2004",
    ),
    "ms_ssim_y": Metric(
        name="ms_ssim_y",
        label="MS-SSIM-Y",
        unit="1",
        decimals=4,
        definition=f"`ms_ssim` of {_LUMA}: its scales and weights, range 255; undefined below 161 pixels a side.",
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:MS_SSIM_Y",
        range="0..1",
        source="Wang, Simoncelli and Bovik, Asilomar Conference, 2003",
    ),
    "ms_ssim_db": Metric(
        name="ms_ssim_db",
        label="MS-SSIM in dB",
        unit="dB",
        decimals=2,
        definition=(
            "-10 log10(1 - x) with x the `ms_ssim` of the frame, as papers on learned codecs draw it; infinite for "
            "identical frames; undefined below 161 pixels a side."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.formulas:MS_SSIM_DB",
        range="0 and above, infinite for identical frames",
        source="Balle, Minnen, Singh, Hwang and Johnston, ICLR 2018",
    ),
}
"""By name, for `table.METRICS`."""
