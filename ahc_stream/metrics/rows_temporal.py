"""The rows of the metrics of how steady a decoded video is."""

from __future__ import annotations

from ahc_stream.metrics.entry import Metric

_FIRST = "undefined for a stream's first frame and for frames that stand alone"

ROWS: dict[str, Metric] = {
    "flicker": Metric(
        name="flicker",
        label="flicker",
        unit="grey levels",
        decimals=2,
        definition=(
            "Mean over R, G, B and all pixels of |(y - y before) - (x - x before)|, what a pixel changes from the "
            "frame before beyond what it changes in the original, values in 0..255: the absolute form of dtSSD "
            f"(Erofeev et al., 2015); {_FIRST}."
        ),
        higher_is_better=False,
        computation="ahc_stream.metrics.temporal:FLICKER",
        range="0..510",
        source="own; after dtSSD of Erofeev, Gitman, Vatolin, Fedorov and Wang, BMVC, 2015",
    ),
    "warp_error": Metric(
        name="warp_error",
        label="warped error",
        unit="squared grey levels",
        decimals=2,
        definition=(
            "Mean over R, G, B and pixels of the squared difference between the decoded frame and the decoded frame "
            "before, which is brought to its place along the original's motion, values in 0..255 (Lai et al., 2018, "
            "their E_warp times 255^2): bilinear, motion both ways by OpenCV's DIS flow, preset medium, of the luma of "
            "`psnr_y`, only where a pixel is inside, not hidden and on no boundary of motion (Ruder et al., 2016); "
            f"{_FIRST}, where no such pixel is left, and below 16 pixels a side."
        ),
        higher_is_better=False,
        computation="ahc_stream.metrics.temporal:WARP_ERROR",
        range="0..65025; the original's own, by the codec identity, is what its motion and noise leave",
        source="Lai, Huang, Wang, Shechtman, Yumer and Yang, ECCV, 2018",
        model="DIS optical flow (Kroeger et al., ECCV, 2016) of OpenCV",
    ),
}
"""By name, for `table.METRICS`."""
