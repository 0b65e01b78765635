"""Rates that a chart may have as its horizontal axis, by their columns of `operating_points`."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.report.analysis import Analysis
from ahc_stream.report.points import estimated_rate_of

BPP = "bpp"
RATE_AXES: Mapping[str, str] = {
    BPP: "bits per pixel",
    "bpp_stills": "bits per pixel of stills",
    "bpp_video": "bits per pixel of video",
    "bpp_container": "bits per pixel, container included",
    "bpp_estimated": "bits per pixel, estimated by the entropy model",
    "kbit_s": "kbit/s",
}
"""Column -> label of the axis."""


def rate_axes(analysis: Analysis) -> dict[str, str]:
    """Those of RATE_AXES that some operating point of a run has, and the estimate under its profile's own name."""
    estimated = estimated_rate_of(analysis.run)
    known = {**RATE_AXES, **({estimated.name: estimated.name} if estimated else {})}
    return {name: label for name, label in known.items() if any(dot.row.get(name) is not None for dot in analysis.dots)}
