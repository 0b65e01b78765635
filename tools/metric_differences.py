"""Prints the table "by how much on Kodak" of docs/metrics.md: our metrics against other libraries' defaults.

    python tools/metric_differences.py FOLDER_OF_IMAGES

Each image is compared with its JPEG at quality 50, 4:2:0 (Pillow). Differences are other minus ours, over the images.
Metrics whose weights are not here are left out, and named.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import piq
import psnr_hvsm
import torch
import torchmetrics.functional.image as tmi
from PIL import Image
from rich.console import Console
from rich.progress import track
from rich.table import Table
from skimage import metrics as skimage
from torch import Tensor
from vmaf_torch import VMAF

from ahc_stream import weights
from ahc_stream.core.programs import ffmpeg_with
from ahc_stream.metrics import METRICS, Fused, measure, weights_needed
from ahc_stream.metrics.luma import luma

Other = Callable[[Tensor, Tensor], float]


def _grey_ssim(x: Tensor, y: Tensor) -> float:
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float32).view(1, 3, 1, 1)
    grey = [(frames * weights).sum(1, keepdim=True) for frames in (y, x)]
    return float(piq.ssim(*grey, data_range=255.0, downsample=False))


def _uniform_ssim(x: Tensor, y: Tensor) -> float:
    return skimage.structural_similarity(x[0].numpy(), y[0].numpy(), data_range=255, channel_axis=0)


def _channel_psnr(x: Tensor, y: Tensor) -> float:
    return float((10 * torch.log10(255**2 / (x - y).square().mean((2, 3)))).mean())


def _hvs(at: int) -> Other:
    """PSNR-HVS (0) or PSNR-HVS-M (1) as psnr-hvsm's command line has it: limited-range BT.601 luma in 8 bits."""

    def other(x: Tensor, y: Tensor) -> float:
        numpy = psnr_hvsm.BACKENDS["numpy"]
        lumas = [numpy["bt601ycbcr"](frames[0].permute(1, 2, 0).numpy())[0] for frames in (x, y)]
        height, width = (side // 8 * 8 for side in lumas[0].shape)
        return float(numpy["psnr_hvs_hvsm"](*(luma[:height, :width] for luma in lumas))[at])

    return other


def _log(graph: str, x: Tensor, y: Tensor) -> str:
    """What a filter of ffmpeg's program writes into its file `l`, of the luma of [r] and [d]."""
    height, width = x.shape[2:]
    planes = [luma(frames).numpy().tobytes() + b"\x80" * (height * width // 2) for frames in (x, y)]
    graph = f"split[a][b];[a]select=not(n)[r];[b]select=n,setpts=0[d];{graph}"
    command = [ffmpeg_with("libvmaf", "-filters"), "-loglevel", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p"]
    command += ["-s", f"{width}x{height}", "-i", "-", "-filter_complex", graph, "-f", "null", "-"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(command, input=b"".join(planes), cwd=folder, check=True)
        return (Path(folder) / "l").read_text()


def _daala(x: Tensor, y: Tensor) -> float:
    """libvmaf's psnr_hvs: another weighting, blocks that overlap by one pixel."""
    log = _log("[d][r]libvmaf=feature=name=psnr_hvs:log_fmt=json:log_path=l", x, y)
    return json.loads(log)["frames"][0]["metrics"]["psnr_hvs_y"]


def _of_filter(name: str, column: str) -> Other:
    """A filter's number for the luma."""

    def other(x: Tensor, y: Tensor) -> float:
        return float(_log(f"[r][d]{name}=stats_file=l", x, y).partition(column)[2].split()[0])

    return other


@torch.no_grad()
def _vmaf_torch(x: Tensor, y: Tensor) -> float:
    return float(VMAF(clip_score=True, enable_motion=False)(*(luma(frames)[:, None].float() for frames in (x, y))))


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
    ("psnr_hvs", "psnr-hvsm (luma 16..235 in 8 bits)", _hvs(0)),
    ("psnr_hvs_m", "psnr-hvsm (luma 16..235 in 8 bits)", _hvs(1)),
    ("psnr_hvs_m", "libvmaf's psnr_hvs (Daala's)", _daala),
    ("psnr_y", "ffmpeg's psnr, two decimals", _of_filter("psnr", "psnr_y:")),
    ("ssim_y", "ffmpeg's ssim (flat 8 x 8 windows, every fourth pixel)", _of_filter("ssim", " Y:")),
    ("vmaf", "vmaf-torch", _vmaf_torch),
]


def pair(path: Path) -> tuple[Tensor, Tensor]:
    """The image and its JPEG: uint8 [1, 3, H, W]."""
    original, coded = Image.open(path).convert("RGB"), io.BytesIO()
    original.save(coded, "JPEG", quality=50, subsampling=2)
    images = (original, Image.open(coded))
    return tuple(torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] for image in images)


def main(folder: Path) -> None:
    names = [name for name in METRICS if not weights.missing(weights_needed(name))]
    fused = [name for name in names if isinstance(METRICS[name].recipe, Fused)]
    differences: dict[tuple[str, str], list[float]] = {}
    ours: dict[str, list[float]] = {name: [] for name in names}
    rounding: dict[str, float] = dict.fromkeys(fused, 0.0)
    for path in track(sorted(folder.glob("*.png")), description="images"):
        x, y = pair(path)
        fast, exact = measure(x, y, names), measure(x, y, fused, implementation="reference")
        values = {name: (exact if name in exact else fast)[name].item() for name in names}
        for name, value in values.items():
            ours[name].append(value)
        for name in fused:
            rounding[name] = max(rounding[name], abs(fast[name].item() - values[name]))
        for name, who, other in OTHERS:
            differences.setdefault((name, who), []).append(other(x.float(), y.float()) - values[name])
    console = Console(width=120)
    table = Table("metric", "mean", "largest |float32 - float64|")
    for name, values in ours.items():
        table.add_row(
            name, f"{np.mean(values):.5g}", f"{rounding[name]:.1e}" if name in fused else "one implementation"
        )
    console.print(table)
    table = Table("metric", "other", "mean difference", "smallest", "largest")
    for (name, who), values in differences.items():
        table.add_row(name, who, *(f"{figure:+.2g}" for figure in (np.mean(values), min(values), max(values))))
    console.print(table)
    console.print("no weights here for:", *(set(METRICS) - set(names)) or ["none"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
