"""The metrics of frames that are all at hand: a session that is pushed once."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from ahc_stream.metrics.checks import check_pair
from ahc_stream.metrics.session import open_session


def measure(
    reference: Tensor,
    distorted: Tensor,
    names: Iterable[str],
    implementation: str | None = None,
    consecutive: bool = False,
    frames_per_second: float | None = None,
) -> dict[str, Tensor]:
    """The metrics `names` of each frame of `distorted` against the same frame of `reference`.

    reference, distorted:  [N, 3, H, W] RGB on one device, strided as they like, both uint8 or both float32. Floats are
                           grey levels of 0..255 as well, not 0..1; they are taken as they are, without rounding.
    implementation:        None for the compiled one of that device: C++ on the CPU, Triton on the GPU; their
                           float32 differs from the definition by less than 1e-5 on pictures (docs/metrics.md).
                           "reference" is the definition itself, in float64, on any device. Metrics that are not fused
                           (psnr_hvs, lpips_alex, vmaf and more) have one implementation for all.
    consecutive:           the frames are a whole stream, which follow each other; else each stands alone. Metrics that
                           look at neighbouring frames heed it, as their definitions say. A stream that is not at hand
                           at once goes through a session, to the same values.
    frames_per_second:     of a whole stream, above 0: only cvvdp heeds it, and needs it.
    Returns float64 [N] on that device for each name. NaN where a metric is undefined (see its `definition`).
    Raises InvalidValue for another shape, dtype or device, UnknownName for a name that is not in METRICS,
    MissingExtra and MissingData where a package, a program or weights that a metric needs are not here.
    """
    check_pair(reference, distorted)
    session = open_session(names, consecutive, reference.device, implementation, frames_per_second)
    first, rest = session.push(reference, distorted), session.finish()
    return {name: torch.cat([values, rest[name]]) for name, values in first.items()}
