"""The metrics against their peers: each alone, and all of them in one call against the sum of the fastest peers.

The same uint8 tensors for everyone, in the same run, in turn; where there is a GPU, there too. Before anything is
timed, ours is held to the float64 definition and to every peer. `of bound` is the time that reading each input byte
once would take at the bandwidth of a copy in the same run: on the CPU of these very frames, in whatever cache they are.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import torch
from harness import Row, median_seconds, report, require
from numpy.typing import NDArray
from skimage import metrics as skimage
from torch import Tensor

from ahc_stream.benches.material import noisy_pair
from ahc_stream.benches.metric_peers import TOLERANCE, Peer, peers
from ahc_stream.benches.timing import finished
from ahc_stream.metrics import measure


def _image_by_image(measure: Callable[..., float], **options: float) -> Peer:
    """scikit-image takes one array in the CPU's memory at a time."""
    return lambda x, y: torch.tensor([measure(a.numpy(), b.numpy(), **options) for a, b in zip(x, y, strict=True)])


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


CPU_ONLY: dict[str, dict[str, Peer]] = {
    "mse": {
        "opencv": _opencv(lambda a, b: cv2.norm(a, b, cv2.NORM_L2SQR) / a.size),
        "scikit-image": _image_by_image(skimage.mean_squared_error),
    },
    "mae": {"opencv": _opencv(lambda a, b: cv2.norm(a, b, cv2.NORM_L1) / a.size)},
    "psnr": {
        "opencv": _opencv(cv2.PSNR),
        "scikit-image": _image_by_image(skimage.peak_signal_noise_ratio, data_range=255),
    },
    "ssim": {"opencv": _opencv_ssim},
}
"""Peers beside those of `ahc_stream.benches.metric_peers`: metric -> name of the peer -> its call."""

POINTWISE = ("mse", "mae", "psnr")
WINDOWED = ("ssim", "ms_ssim", "vif")
ALL = POINTWISE + WINDOWED


def peers_of(name: str, device: torch.device) -> dict[str, Peer]:
    return peers()[name] | (CPU_ONLY.get(name, {}) if device.type == "cpu" else {})


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
    x, y = noisy_pair(batch, height, width, device)
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
