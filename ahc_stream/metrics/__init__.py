"""Full-reference image metrics, one value per frame, each with its definition named.

    psnr(reference, distorted)                           one metric
    measure(reference, distorted, ["psnr", "ssim"])      several, sharing their passes over the pixels
    session = open_session(["vmaf"], True, device)       of a stream that comes in clips
    session.push(reference, distorted)                   values of the next frames that are known, then finish()

Frames are [N, 3, H, W] RGB, uint8 or float32 in 0..255, on one device; values are float64 [N] on that device.
The tables METRICS and PROFILES are read without torch; what measures loads it on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ahc_stream.core.plugins import plugins
from ahc_stream.metrics.entry import (
    EstimatedRate,
    Fused,
    Joint,
    Metric,
    MetricFamily,
    MetricProfile,
    Standalone,
    Temporal,
)
from ahc_stream.metrics.options import with_options
from ahc_stream.metrics.table import BUILT_IN, METRICS, PROFILES

if TYPE_CHECKING:
    from ahc_stream.metrics.choice import chosen
    from ahc_stream.metrics.measuring import measure
    from ahc_stream.metrics.own import code_digests, named
    from ahc_stream.metrics.programs import program_digests
    from ahc_stream.metrics.session import MetricSession, open_session
    from ahc_stream.metrics.single import bits_per_pixel, mae, ms_ssim, mse, psnr, ssim, vif
    from ahc_stream.metrics.standalone import make_ready, require, weights_needed

_HOME = {
    "MetricSession": "session",
    "bits_per_pixel": "single",
    "chosen": "choice",
    "code_digests": "own",
    "mae": "single",
    "make_ready": "standalone",
    "measure": "measuring",
    "ms_ssim": "single",
    "mse": "single",
    "named": "own",
    "open_session": "session",
    "program_digests": "programs",
    "psnr": "single",
    "require": "standalone",
    "ssim": "single",
    "vif": "single",
    "weights_needed": "standalone",
}
"""Name -> the module that defines it and that its first use loads."""

__all__ = [
    "METRICS",
    "PROFILES",
    "EstimatedRate",
    "Fused",
    "Joint",
    "Metric",
    "MetricFamily",
    "MetricProfile",
    "MetricSession",
    "Standalone",
    "Temporal",
    "bits_per_pixel",
    "chosen",
    "code_digests",
    "known",
    "mae",
    "make_ready",
    "measure",
    "ms_ssim",
    "mse",
    "named",
    "open_session",
    "program_digests",
    "psnr",
    "require",
    "ssim",
    "vif",
    "weights_needed",
]


def known(name: str) -> Metric | None:
    """The row of a metric: of the table, with options of such a row, or of an installed package, which is then loaded;
    None where there is none."""
    if name not in METRICS and not with_options(name) and name in plugins("metrics", BUILT_IN):
        import_module(f"{__name__}.own").named(name)
    return METRICS.get(name)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
