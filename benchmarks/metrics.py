"""The metrics against their peers: each alone, and all of them in one call against the sum of the fastest peers.

The same uint8 tensors for everyone, in the same run, in turn; where there is a GPU, there too. Before anything is
timed, ours is held to the float64 definition and to every peer. `of bound` is the time that reading each input byte
once would take at the bandwidth of a copy in the same run: on the CPU of these very frames, in whatever cache they are.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import piq
import pytorch_msssim
import torch
import torchmetrics.functional as tm
import torchmetrics.functional.image as tmi
from harness import Row, median_seconds, report, require
from numpy.typing import NDArray
from skimage import metrics as skimage
from torch import Tensor

from ahc_stream.metrics import measure

Peer = Callable[[Tensor, Tensor], Tensor]


def _image_by_image(measure: Callable[..., float], **options: float) -> Peer:
    """scikit-image takes one array in the CPU's memory at a time."""
    return lambda x, y: torch.tensor([measure(a.numpy(), b.numpy(), **options) for a, b in zip(x, y, strict=True)])


def _luma(x: Tensor) -> Tensor:
    red, green, blue = x.float().unbind(1)
    return (0.299 * red + 0.587 * green + 0.114 * blue)[:, None]


Plane = NDArray[np.float32]


def _opencv(of_frame: Callable[[NDArray[np.uint8], NDArray[np.uint8]], float]) -> Peer:
    """OpenCV takes one image at a time: here a frame's planes below each other, without a copy."""

    def rows(frame: Tensor) -> NDArray[np.uint8]:
        return frame.flatten(0, 1).numpy()

    return lambda x, y: torch.tensor([of_frame(rows(a), rows(b)) for a, b in zip(x, y, strict=True)])


def _opencv_ssim(x: Tensor, y: Tensor) -> Tensor:
    """SSIM with OpenCV's separable Gaussian filter, which an expert writes in ten lines."""
    planes = zip(x.flatten(0, 1).float().numpy(), y.flatten(0, 1).float().numpy(), strict=True)
    return torch.tensor([_plane_ssim(a, b) for a, b in planes]).view(len(x), 3).mean(1)


def _plane_ssim(a: Plane, b: Plane) -> float:
    def windows(plane: Plane) -> Plane:
        blurred: Plane = cv2.GaussianBlur(plane, (11, 11), 1.5)[5:-5, 5:-5]
        return blurred

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mean_a, mean_b = windows(a), windows(b)
    aa, bb, ab = mean_a * mean_a, mean_b * mean_b, mean_a * mean_b
    variances, covariance = windows(a * a) - aa + (windows(b * b) - bb), windows(a * b) - ab
    maps = (2 * ab + c1) * (2 * covariance + c2) / ((aa + bb + c1) * (variances + c2))
    return float(maps.mean())


CPU_ONLY = {"scikit-image", "opencv"}

PEERS: dict[str, dict[str, Peer]] = {
    "mse": {
        "opencv": _opencv(lambda a, b: cv2.norm(a, b, cv2.NORM_L2SQR) / a.size),
        "scikit-image": _image_by_image(skimage.mean_squared_error),
        "torchmetrics": lambda x, y: tm.mean_squared_error(y.float().flatten(), x.float().flatten()),
    },
    "mae": {
        "opencv": _opencv(lambda a, b: cv2.norm(a, b, cv2.NORM_L1) / a.size),
        "torchmetrics": lambda x, y: tm.mean_absolute_error(y.float().flatten(), x.float().flatten()),
        "torch": lambda x, y: (x.float() - y.float()).abs().mean((1, 2, 3)),
    },
    "psnr": {
        "opencv": _opencv(cv2.PSNR),
        "scikit-image": _image_by_image(skimage.peak_signal_noise_ratio, data_range=255),
        "torchmetrics": lambda x, y: tmi.peak_signal_noise_ratio(
            y.float(), x.float(), data_range=255.0, dim=(1, 2, 3), reduction="none"
        ),
        "piq": lambda x, y: piq.psnr(y.float(), x.float(), data_range=255, reduction="none"),
    },
    "ssim": {
        "opencv": _opencv_ssim,
        "pytorch-msssim": lambda x, y: pytorch_msssim.ssim(x.float(), y.float(), size_average=False),
        "torchmetrics": lambda x, y: tmi.structural_similarity_index_measure(
            y.float(), x.float(), data_range=255.0, reduction="none"
        ),
        "piq": lambda x, y: piq.ssim(y.float(), x.float(), data_range=255.0, reduction="none", downsample=False),
    },
    "ms_ssim": {
        "pytorch-msssim": lambda x, y: pytorch_msssim.ms_ssim(x.float(), y.float(), size_average=False),
        "torchmetrics": lambda x, y: tmi.multiscale_structural_similarity_index_measure(
            y.float(), x.float(), data_range=255.0, reduction="none"
        ),
        "piq": lambda x, y: piq.multi_scale_ssim(y.float(), x.float(), data_range=255.0, reduction="none"),
    },
    "vif": {
        "torchmetrics": lambda x, y: tmi.visual_information_fidelity(_luma(y), _luma(x), reduction="none"),
        "piq": lambda x, y: piq.vif_p(y.float(), x.float(), data_range=255.0, reduction="none"),
    },
}
"""Metric -> name of the peer -> its call, which converts the uint8 frames as it must, in its own time. Values per
frame, or one over the batch where that is all it gives. Each computes our definition, but for torchmetrics' borders."""

TOLERANCE = {"mse": 1e-4, "mae": 1e-4, "psnr": 1e-3, "ssim": 5e-3, "ms_ssim": 5e-3, "vif": 1e-3}
"""Relative difference to a peer that is still the same metric: float32, and torchmetrics' borders."""

POINTWISE = ("mse", "mae", "psnr")
WINDOWED = ("ssim", "ms_ssim", "vif")
ALL = POINTWISE + WINDOWED


def frames(batch: int, height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Texture at several scales, and the same with noise: uint8 [N, 3, H, W]."""
    random = torch.Generator().manual_seed(0)
    texture = torch.zeros(batch, 3, height, width)
    for cells in (4, 24, 96):
        grid = torch.rand(batch, 3, cells, cells, generator=random)
        texture += torch.nn.functional.interpolate(grid, (height, width), mode="bilinear")
    noise = 8 * torch.randn(texture.shape, generator=random)
    pair = texture * 80, texture * 80 + noise
    return tuple(image.clamp(0, 255).round().to(torch.uint8).to(device) for image in pair)


def peers_of(name: str, device: torch.device) -> dict[str, Peer]:
    return {peer: call for peer, call in PEERS[name].items() if device.type == "cpu" or peer not in CPU_ONLY}


def check(x: Tensor, y: Tensor) -> None:
    ours, definition = measure(x, y, ALL), measure(x, y, ALL, implementation="reference")
    for name in ALL:
        close = torch.allclose(ours[name], definition[name], rtol=1e-6, atol=1e-6)
        require(close, f"our {name} is its float64 definition")
        for peer, call in peers_of(name, x.device).items():
            value = call(x, y).double().to(x.device)
            expected = ours[name] if value.numel() == len(x) else ours[name].mean()
            agrees = torch.allclose(value.reshape(expected.shape), expected, rtol=TOLERANCE[name], atol=0)
            require(agrees, f"{peer}'s {name} is ours")


def finished(device: torch.device, work: Callable[[], object]) -> Callable[[], None]:
    """The work, done when it returns."""

    def run() -> None:
        work()
        if device.type == "cuda":
            torch.cuda.synchronize(device)

    return run


def seconds_of(x: Tensor, y: Tensor, names: tuple[str, ...], rounds: int) -> dict[str, float]:
    """Median seconds of ours, under the metric's name, and of each peer, under "metric: peer"."""
    works: dict[str, Callable[[], object]] = {}
    for name in names:  # ours after another metric's peer, as cold as the peers find the caches
        works[name] = lambda name=name: measure(x, y, [name])
        for peer, call in peers_of(name, x.device).items():
            works[f"{name}: {peer}"] = lambda call=call: call(x, y)
    if names == WINDOWED:  # beside the slow ones, so that they meet the same state of the machine
        works["all"] = lambda: measure(x, y, ALL)
    return median_seconds({name: finished(x.device, work) for name, work in works.items()}, rounds)


def fastest(name: str, seconds: dict[str, float]) -> tuple[float, str]:
    """The fastest peer of a metric: its seconds, its name."""
    return min((time, key.split(": ")[1]) for key, time in seconds.items() if key.startswith(f"{name}: "))


def read_once_seconds(x: Tensor, y: Tensor) -> float:
    """How long the bytes of a pair take at a copy's bandwidth, read and written bytes counted."""
    if x.device.type == "cpu":
        copies = torch.empty_like(x), torch.empty_like(y)
        work = {"copy": lambda: (copies[0].copy_(x), copies[1].copy_(y))}
        return median_seconds(work, 50)["copy"] / 2
    source = torch.empty(1 << 30, dtype=torch.uint8, device=x.device)
    target = torch.empty_like(source)
    copy = median_seconds({"copy": finished(x.device, lambda: target.copy_(source))}, 20)["copy"]
    return copy * 2 * x.numel() / (2 * source.numel())


GOALS = {
    "cpu": {"all": 12.0} | dict.fromkeys(POINTWISE, 1.0) | dict.fromkeys(WINDOWED, 4.0),
    "cuda": {"all": 20.0},
}
"""Ratios to reach. What one pass over bytes computes has the bandwidth as its bound, which OpenCV nears as well."""


def rows_of(batch: int, height: int, width: int, device: torch.device, rounds: int) -> list[Row]:
    x, y = frames(batch, height, width, device)
    check(x, y)
    seconds = seconds_of(x, y, POINTWISE, 7 * rounds) | seconds_of(x, y, WINDOWED, rounds)
    bound = read_once_seconds(x, y)
    where = f"{width} x {height}, batch {batch}, {device.type}"
    goals = GOALS[device.type]

    def row(name: str, ours: float, peer: float, peer_name: str, goal: float | None) -> Row:
        return Row(f"{name}, {where}", "ms", 1e3 * ours, 1e3 * peer, peer_name, goal, bound / ours)

    best = {name: fastest(name, seconds) for name in ALL}
    together = sum(time for time, _ in best.values())
    return [
        row("all six in one call", seconds["all"], together, "sum of the fastest", goals["all"]),
        *(row(name, seconds[name], *best[name], goals.get(name)) for name in ALL),
    ]


def main() -> None:
    torch.set_grad_enabled(False)
    cpu = torch.device("cpu")
    rows = rows_of(4, 512, 768, cpu, rounds=3) + rows_of(1, 1080, 1920, cpu, rounds=3)
    if torch.cuda.is_available():
        rows += rows_of(16, 1080, 1920, torch.device("cuda"), rounds=3)
    report("metrics", rows)


if __name__ == "__main__":
    main()
