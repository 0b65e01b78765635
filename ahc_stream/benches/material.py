"""Frames that benchmarks draw for themselves: no data are needed, and everybody draws the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.core.clip import Clip, FrameKey

STEP = 2
"""Pixels by which the window of a video moves from frame to frame."""


def texture(count: int, height: int, width: int, seed: int = 0) -> Tensor:
    """Pictures with detail at several scales: float32 [count, 3, H, W], about 0..240."""
    random = torch.Generator().manual_seed(seed)
    sum_of_scales = torch.zeros(count, 3, height, width)
    for cells in (4, 24, 96):
        grid = torch.rand(count, 3, cells, cells, generator=random)
        sum_of_scales += F.interpolate(grid, (height, width), mode="bilinear")
    return 80 * sum_of_scales


def noisy_pair(count: int, height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Pictures, and the same with noise: uint8 [count, 3, H, W] each."""
    pictures = texture(count, height, width)
    noise = 8 * torch.randn(pictures.shape, generator=torch.Generator().manual_seed(1))
    return _levels(pictures).to(device), _levels(pictures + noise).to(device)


def stills(count: int, sides: tuple[int, int], device: torch.device) -> Clip:
    """Unrelated pictures of so many pixels, height and width."""
    frames = _levels(texture(count, *sides)).to(device)
    keys = tuple(FrameKey("bench", str(number), 0) for number in range(count))
    return Clip(frames, keys, torch.zeros(count, dtype=torch.float64), consecutive=False)


def video(count: int, height: int, width: int, device: torch.device) -> Clip:
    """A window that slides over one picture, 25 frames per second, with a little noise in every frame."""
    (picture,) = texture(1, height + STEP * count, width + STEP * count)
    random = torch.Generator().manual_seed(2)
    frames = torch.empty(count, 3, height, width, dtype=torch.uint8)
    for number in range(count):
        first = STEP * number
        window = picture[:, first : first + height, first : first + width]
        frames[number] = _levels(window + 2 * torch.randn(window.shape, generator=random))
    keys = tuple(FrameKey("bench", "sliding", number) for number in range(count))
    return Clip(frames.to(device), keys, torch.arange(count, dtype=torch.float64) / 25, consecutive=True)


def write_film(path: Path, clip: Clip, encoder: str = "libx264") -> None:
    """The clip as H.264 in a file, close to lossless, its colour stated."""
    import av

    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(encoder, rate=25, options={"crf": "12", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "yuv420p"
        for planes in clip.frames.cpu().permute(0, 2, 3, 1).contiguous().numpy():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(planes, "rgb24")))
        container.mux(stream.encode(None))


def _levels(values: Tensor) -> Tensor:
    return values.clamp(0, 255).round().to(torch.uint8)
