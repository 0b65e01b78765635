"""Libraries that compute our metrics in torch, on any device: name of the metric -> of the library -> its call.

Each takes the uint8 frames [N, 3, H, W] that we take and converts them as it must, in its own time; it gives values per
frame, or one over the batch where that is all it does. Each computes our definition, but for torchmetrics' borders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from typing import Any

from torch import Tensor

Peer = Callable[[Tensor, Tensor], Tensor]
TOLERANCE = {"mse": 1e-4, "mae": 1e-4, "psnr": 1e-3, "ssim": 5e-3, "ms_ssim": 5e-3, "vif": 1e-3}
"""Relative difference to a peer that is still the same metric: float32, and torchmetrics' borders."""


def peers() -> dict[str, dict[str, Peer]]:
    """Of the libraries that are installed; mae has torch itself."""
    found: dict[str, dict[str, Peer]] = {name: {} for name in TOLERANCE}
    found["mae"]["torch"] = lambda x, y: (x.float() - y.float()).abs().mean((1, 2, 3))
    for library, calls in (("torchmetrics", _torchmetrics), ("piq", _piq), ("pytorch_msssim", _pytorch_msssim)):
        if find_spec(library):
            for name, call in calls().items():
                found[name][library.replace("_", "-")] = call
    return found


def _torchmetrics() -> Mapping[str, Peer]:
    import torchmetrics.functional as tm
    import torchmetrics.functional.image as tmi

    each: dict[str, Any] = {"data_range": 255.0, "reduction": "none"}
    return {
        "mse": lambda x, y: tm.mean_squared_error(y.float().flatten(), x.float().flatten()),
        "mae": lambda x, y: tm.mean_absolute_error(y.float().flatten(), x.float().flatten()),
        "psnr": lambda x, y: tmi.peak_signal_noise_ratio(y.float(), x.float(), dim=(1, 2, 3), **each),
        "ssim": lambda x, y: _tensor(tmi.structural_similarity_index_measure(y.float(), x.float(), **each)),
        "ms_ssim": lambda x, y: tmi.multiscale_structural_similarity_index_measure(y.float(), x.float(), **each),
        "vif": lambda x, y: tmi.visual_information_fidelity(luma(y), luma(x), reduction="none"),
    }


def _piq() -> Mapping[str, Peer]:
    import piq

    each: dict[str, Any] = {"data_range": 255.0, "reduction": "none"}
    return {
        "psnr": lambda x, y: piq.psnr(y.float(), x.float(), **each),
        "ssim": lambda x, y: _tensor(piq.ssim(y.float(), x.float(), downsample=False, **each)),
        "ms_ssim": lambda x, y: piq.multi_scale_ssim(y.float(), x.float(), **each),
        "vif": lambda x, y: piq.vif_p(y.float(), x.float(), **each),
    }


def _pytorch_msssim() -> Mapping[str, Peer]:
    import pytorch_msssim

    return {
        "ssim": lambda x, y: pytorch_msssim.ssim(x.float(), y.float(), size_average=False),
        "ms_ssim": lambda x, y: pytorch_msssim.ms_ssim(x.float(), y.float(), size_average=False),
    }


def luma(x: Tensor) -> Tensor:
    """float32 [N, 1, H, W]: BT.601's, as piq has it."""
    red, green, blue = x.float().unbind(1)
    return (0.299 * red + 0.587 * green + 0.114 * blue)[:, None]


def _tensor(value: Tensor | tuple[Tensor, ...] | list[Tensor]) -> Tensor:
    return value if isinstance(value, Tensor) else value[0]
