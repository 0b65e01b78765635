"""Prints the table "by how much on Kodak" of docs/metrics.md: our metrics against other libraries' defaults.

    python tools/metric_differences.py FOLDER_OF_IMAGES

Each image is compared with its JPEG at quality 50, 4:2:0 (Pillow). Differences are other minus ours, over the images.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import piq
import torch
import torchmetrics.functional.image as tmi
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table
from skimage import metrics as skimage
from torch import Tensor

from ahc_stream.metrics import METRICS, measure

Other = Callable[[Tensor, Tensor], float]


def _grey_ssim(x: Tensor, y: Tensor) -> float:
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float32).view(1, 3, 1, 1)
    grey = [(frames * weights).sum(1, keepdim=True) for frames in (y, x)]
    return float(piq.ssim(*grey, data_range=255.0, downsample=False))


def _uniform_ssim(x: Tensor, y: Tensor) -> float:
    return skimage.structural_similarity(x[0].numpy(), y[0].numpy(), data_range=255, channel_axis=0)


def _channel_psnr(x: Tensor, y: Tensor) -> float:
    return float((10 * torch.log10(255**2 / (x - y).square().mean((2, 3)))).mean())


OTHERS: list[tuple[str, str, Other]] = [
    ("psnr", "piq (adds 1e-8 to the MSE)", lambda x, y: float(piq.psnr(y, x, data_range=255))),
    ("psnr", "mean of the three channels' PSNR", _channel_psnr),
    ("ssim", "piq's default (halves 768 x 512 first)", lambda x, y: float(piq.ssim(y, x, data_range=255.0))),
    (
        "ssim",
        "torchmetrics (mirrored borders count)",
        lambda x, y: float(tmi.structural_similarity_index_measure(y, x, data_range=255.0)),
    ),
    ("ssim", "scikit-image's default (flat 7 x 7 window)", _uniform_ssim),
    ("ssim", "of luma alone", _grey_ssim),
    (
        "ms_ssim",
        "piq (repeats the line that we make zero)",
        lambda x, y: float(piq.multi_scale_ssim(y, x, data_range=255.0)),
    ),
    (
        "ms_ssim",
        "torchmetrics (borders; channels averaged per scale)",
        lambda x, y: float(tmi.multiscale_structural_similarity_index_measure(y, x, data_range=255.0)),
    ),
    ("vif", "piq", lambda x, y: float(piq.vif_p(y, x, data_range=255.0))),
    ("vif", "torchmetrics (mean over R, G, B)", lambda x, y: float(tmi.visual_information_fidelity(y, x))),
]


def pair(path: Path) -> tuple[Tensor, Tensor]:
    """The image and its JPEG: uint8 [1, 3, H, W]."""
    original, coded = Image.open(path).convert("RGB"), io.BytesIO()
    original.save(coded, "JPEG", quality=50, subsampling=2)
    images = (original, Image.open(coded))
    return tuple(torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] for image in images)


def main(folder: Path) -> None:
    differences: dict[tuple[str, str], list[float]] = {}
    ours: dict[str, list[float]] = {name: [] for name in METRICS}
    rounding: dict[str, float] = dict.fromkeys(METRICS, 0.0)
    for path in track(sorted(folder.glob("*.png")), description="images"):
        x, y = pair(path)
        exact, fast = (measure(x, y, METRICS, implementation=name) for name in ("reference", None))
        for name in METRICS:
            ours[name].append(exact[name].item())
            rounding[name] = max(rounding[name], abs(fast[name].item() - exact[name].item()))
        for name, who, other in OTHERS:
            differences.setdefault((name, who), []).append(other(x.float(), y.float()) - exact[name].item())
    console = Console(width=120)
    table = Table("metric", "mean", "largest |float32 - float64|")
    for name, values in ours.items():
        table.add_row(name, f"{np.mean(values):.5g}", f"{rounding[name]:.1e}")
    console.print(table)
    table = Table("metric", "other", "mean difference", "smallest", "largest")
    for (name, who), values in differences.items():
        table.add_row(name, who, *(f"{figure:+.2g}" for figure in (np.mean(values), min(values), max(values))))
    console.print(table)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
