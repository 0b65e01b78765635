"""The metrics against their peers: each alone, and all of them in one call against the sum of the fastest peers.

The same uint8 tensors for everyone, in the same run, in turn; where there is a GPU, there too. Before anything is
timed, ours is held to the float64 definition and to every peer. `of bound` is the time that reading each input byte
once would take at the bandwidth of a copy in the same run: on the CPU of these very frames, in whatever cache they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import torch
from harness import Row, report
from numpy.typing import NDArray
from skimage import metrics as skimage
from torch import Tensor

from ahc_stream.benches import size_for
from ahc_stream.benches.kernels import POINTWISE, WINDOWED, metric_rows
from ahc_stream.benches.metric_peers import Peer, peers


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

GOALS = {
    "cpu": {"all": 12.0} | dict.fromkeys(POINTWISE, 1.0) | dict.fromkeys(WINDOWED, 4.0),
    "cuda": {"all": 20.0},
}
"""Ratios to reach. What one pass over bytes computes has the bandwidth as its bound, which OpenCV nears as well."""


def rows_of(pairs: int, height: int, width: int, device: torch.device) -> list[Row]:
    size = replace(size_for(device), pairs=pairs, height=height, width=width, rounds=3)
    others = {name: calls | (CPU_ONLY.get(name, {}) if device.type == "cpu" else {}) for name, calls in peers().items()}
    return metric_rows(size, others, GOALS[device.type])


def main() -> None:
    torch.set_grad_enabled(False)
    cpu = torch.device("cpu")
    rows = rows_of(4, 512, 768, cpu) + rows_of(1, 1080, 1920, cpu)
    if torch.cuda.is_available():
        rows += rows_of(16, 1080, 1920, torch.device("cuda"))
    report("metrics", rows)


if __name__ == "__main__":
    main()
