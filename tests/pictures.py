"""Small pictures that look like something: smooth, textured, with edges; the same for the same seed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """uint8 [height, width, 3]: gradients, a wave, some noise and a bright box."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    wave = 40 * np.sin(x / (3 + seed % 5)) * np.cos(y / 7)
    planes = [96 + 80 * (x / width) + wave, 96 + 80 * (y / height) - wave, 128 + wave / 2]
    image = np.stack(planes, axis=-1) + random.normal(0, 6, (height, width, 3))
    image[height // 4 : height // 2, width // 4 : width // 2] += 60
    return image.clip(0, 255).round().astype(np.uint8)


def write_pictures(folder: Path, count: int, height: int = 48, width: int = 64) -> Path:
    """`count` PNG files 000.png ... in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        Image.fromarray(picture(height, width, index)).save(folder / f"{index:03d}.png")
    return folder
