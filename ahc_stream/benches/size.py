"""How much a benchmark computes: what fills a GPU is minutes of a CPU."""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Size:
    """How much.

    height, width:  of a frame of video, pixels.
    pairs:          frames that metrics get at once.
    still:          height and width of a still.
    images:         stills that a codec gets at once.
    peer_images:    of these, how many a slow peer is timed with.
    frames:         of a clip.
    rounds:         turns of each work.
    """

    device: torch.device
    height: int
    width: int
    pairs: int
    still: tuple[int, int]
    images: int
    frames: int
    rounds: int
    peer_images: int = 1

    @property
    def of_frames(self) -> str:
        """ "1920 x 1080"."""
        return f"{self.width} x {self.height}"


def size_for(device: torch.device) -> Size:
    """Full HD, and stills of Kodak's size, on a GPU; a fraction of it elsewhere."""
    if device.type == "cuda":
        return Size(device, 1080, 1920, pairs=16, still=(512, 768), images=24, frames=48, rounds=5)
    return Size(device, 192, 256, pairs=2, still=(64, 128), images=2, frames=4, rounds=2)
