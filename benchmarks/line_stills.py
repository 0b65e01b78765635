"""Kodak through JPEG and four metrics: a whole run of ours against the loops that people write.

Everybody reads the same PNG files, writes the same JPEG bytes, and ends with PSNR, SSIM, MS-SSIM and VIF of each:

    ours          a run from its plan to its tables on disk
    piq, torchmetrics
                  Pillow, and the library's four functions on float tensors
    OpenCV        Pillow, `cv2.PSNR`, and the three others by an expert: separable Gaussian filters of OpenCV

Pictures are Kodak's where $AHC_STREAM_PATH/datasets/kodak has them, else drawn ones of the same size; rows say which.
"of bound": reading, coding and decoding alone, without any metric, on all processors.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import piq
import torch
import torchmetrics.functional.image as tmi
from harness import Row, median_seconds, require
from kodak import data_root
from numpy.typing import NDArray
from PIL import Image

from ahc_stream import runs
from ahc_stream.core.threads import processors, spread
from ahc_stream.experiment import Experiment
from ahc_stream.running import Run

QUALITY = 50
PICTURES = 12
ROUNDS = 2
METRICS = ("psnr", "ssim", "ms_ssim", "vif")
TOLERANCE = {"psnr": 1e-3, "ssim": 5e-3, "ms_ssim": 5e-3, "vif": 5e-3}
"""Relative, of the mean over the pictures: float32, and other borders of torchmetrics."""
GOAL = 4.0
SCALE_WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)  # Wang, Simoncelli and Bovik (2003)

Picture = NDArray[np.uint8]
Values = tuple[float, float, float, float]
"""In the order of METRICS."""


def stills() -> list[Row]:
    """Rows against each of the loops."""
    with tempfile.TemporaryDirectory() as scratch:
        folder, origin = pictures(Path(scratch))
        files = sorted(folder.glob("*.png"))[:PICTURES]
        peers: dict[str, Callable[[Picture, Picture], Values]] = {
            "Pillow + piq": _piq,
            "Pillow + torchmetrics": _torchmetrics,
            "Pillow + OpenCV": _opencv,
        }
        out = Path(scratch) / "out"
        _check(folder, out, files, peers)
        works: dict[str, Callable[[], object]] = {"ours": lambda: run_of(folder, out)}
        for name, measure in peers.items():
            works[name] = lambda measure=measure: list(_loop(files, measure))
        works["coding alone"] = lambda: spread(_coded, files)
        seconds = median_seconds(works, ROUNDS)
    name = f"{len(files)} pictures ({origin}), jpeg@{QUALITY}, {len(METRICS)} metrics, {processors()} processors"
    share = seconds["coding alone"] / seconds["ours"]
    return [
        Row(name, "ms a picture", *(1e3 * seconds[who] / len(files) for who in ("ours", peer)), peer, GOAL, share)
        for peer in peers
    ]


def pictures(scratch: Path) -> tuple[Path, str]:
    """A folder of PNG files, and their origin."""
    kodak = data_root() / "datasets" / "kodak"
    if len(list(kodak.glob("*.png"))) >= PICTURES:
        return kodak, "Kodak"
    folder = scratch / "drawn"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(PICTURES):
        coarse = random.integers(0, 256, (32, 48, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((768, 512), Image.Resampling.BICUBIC).save(folder / f"{number:02d}.png")
    return folder, "drawn"


def run_of(folder: Path, out: Path) -> None:
    shutil.rmtree(out, ignore_errors=True)
    experiment = Experiment(str(folder), (f"jpeg@{QUALITY}",), out, (), METRICS, limit=PICTURES, device="cpu")
    for _ in Run(experiment):
        pass


def _coded(file: Path) -> tuple[Picture, Picture, int]:
    """A picture, as it comes back from JPEG, and the bytes between."""
    picture = Image.open(file).convert("RGB")
    stream = BytesIO()
    picture.save(stream, "JPEG", quality=QUALITY)
    return np.asarray(picture), np.asarray(Image.open(stream)), stream.tell()


def _loop(files: list[Path], measure: Callable[[Picture, Picture], Values]) -> Iterator[Values]:
    for file in files:
        reference, decoded, _ = _coded(file)
        yield measure(reference, decoded)


def _check(folder: Path, out: Path, files: list[Path], peers: dict[str, Callable[[Picture, Picture], Values]]) -> None:
    run_of(folder, out)
    rows = runs.open(out).frames.to_pandas().sort_values("item")
    require(
        [8 * _coded(file)[2] for file in files] == rows["payload_bits"].tolist(), "our JPEG is Pillow's, bit by bit"
    )
    for name, measure in peers.items():
        means = np.mean(list(_loop(files, measure)), axis=0)
        for metric, theirs in zip(METRICS, means, strict=True):
            ours = rows[metric].mean()
            require(abs(ours / theirs - 1) < TOLERANCE[metric], f"{name}: {metric} {theirs:.5f} is ours, {ours:.5f}")


def _tensors(*pictures: Picture) -> list[torch.Tensor]:
    return [torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() for picture in pictures]


def _luma(x: torch.Tensor) -> torch.Tensor:
    red, green, blue = x.unbind(1)
    return (0.299 * red + 0.587 * green + 0.114 * blue)[:, None]


def _piq(reference: Picture, decoded: Picture) -> Values:
    x, y = _tensors(reference, decoded)
    return (
        float(piq.psnr(y, x, data_range=255)),
        float(piq.ssim(y, x, data_range=255.0, downsample=False)),
        float(piq.multi_scale_ssim(y, x, data_range=255.0)),
        float(piq.vif_p(y, x, data_range=255.0)),
    )


def _torchmetrics(reference: Picture, decoded: Picture) -> Values:
    x, y = _tensors(reference, decoded)
    return (
        float(tmi.peak_signal_noise_ratio(y, x, data_range=255.0)),
        float(tmi.structural_similarity_index_measure(y, x, data_range=255.0)),
        float(tmi.multiscale_structural_similarity_index_measure(y, x, data_range=255.0)),
        float(tmi.visual_information_fidelity(_luma(y), _luma(x))),
    )


def _opencv(reference: Picture, decoded: Picture) -> Values:
    x, y = reference.astype(np.float32), decoded.astype(np.float32)
    scales = []
    for scale in range(5):
        scales.append(_ssim_opencv(x, y))
        if scale < 4:
            x, y = (cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for image in (x, y))
    contrasts = [contrast for _, contrast in scales[:4]]
    factors = np.array([*contrasts, scales[4][0]]).clip(0) ** np.array(SCALE_WEIGHTS)[:, None]
    luma = np.array([0.299, 0.587, 0.114], np.float32)
    vif = _vif_opencv(reference @ luma, decoded @ luma)
    return cv2.PSNR(reference, decoded), float(scales[0][0].mean()), float(factors.prod(0).mean()), vif


def _blur(image: NDArray[np.float32], side: int, sigma: float) -> NDArray[np.float32]:
    """Gaussian means where the window fits."""
    border = side // 2
    return cv2.GaussianBlur(image, (side, side), sigma)[border:-border, border:-border]


def _ssim_opencv(x: NDArray[np.float32], y: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """SSIM and its contrast term, of each channel."""
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_x, mean_y = _blur(x, 11, 1.5), _blur(y, 11, 1.5)
    variance_x, variance_y = _blur(x * x, 11, 1.5) - mean_x**2, _blur(y * y, 11, 1.5) - mean_y**2
    covariance = _blur(x * y, 11, 1.5) - mean_x * mean_y
    contrast = (2 * covariance + c2) / (variance_x + variance_y + c2)
    ssim = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1) * contrast
    return ssim.mean((0, 1), np.float64), contrast.mean((0, 1), np.float64)


def _vif_opencv(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    """VIF in the pixel domain, as Sheikh's vifp_mscale."""
    tiny, noise, kept, there = 1e-10, 2.0, 0.0, 0.0
    for scale, side in enumerate((17, 9, 5, 3)):
        if scale:
            x, y = (_blur(image, side, side / 5)[::2, ::2].copy() for image in (x, y))
        mean_x, mean_y = _blur(x, side, side / 5), _blur(y, side, side / 5)
        variance_x = (_blur(x * x, side, side / 5) - mean_x**2).clip(0)
        variance_y = (_blur(y * y, side, side / 5) - mean_y**2).clip(0)
        covariance = _blur(x * y, side, side / 5) - mean_x * mean_y
        gain = covariance / (variance_x + tiny)
        rest = variance_y - gain * covariance
        flat_x, flat_y = variance_x < tiny, variance_y < tiny
        gain[flat_x | flat_y] = 0
        rest = np.where(flat_x, variance_y, rest)
        rest[flat_y] = 0
        variance_x[flat_x] = 0
        backwards = gain < 0
        rest, gain = np.where(backwards, variance_y, rest).clip(tiny), gain.clip(0)
        kept += float(np.log10(1 + gain * gain * variance_x / (rest + noise)).sum(dtype=np.float64))
        there += float(np.log10(1 + variance_x / noise).sum(dtype=np.float64))
    return kept / there
