"""Pictures for benchmarks: Kodak's where $AHC_STREAM_PATH has them, else drawn ones of the same size."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

IMAGES = 8
HEIGHT, WIDTH = 512, 768


def data_root() -> Path:
    """The first folder of $AHC_STREAM_PATH, which has `datasets` and `clips`."""
    return Path(os.environ.get("AHC_STREAM_PATH", "").split(":")[0])


def pictures() -> tuple[Tensor, str]:
    """float32 [IMAGES, 3, 512, 768] in 0..1, and their origin."""
    folder = data_root() / "datasets" / "kodak"
    landscape = [image for path in sorted(folder.glob("*.png")) if (image := Image.open(path)).size == (WIDTH, HEIGHT)]
    if len(landscape) >= IMAGES:
        arrays = [np.asarray(image.convert("RGB")) for image in landscape[:IMAGES]]
        return torch.from_numpy(np.stack(arrays)).permute(0, 3, 1, 2).contiguous() / 255, "Kodak"
    random = torch.Generator().manual_seed(0)
    smooth = F.interpolate(torch.rand(IMAGES, 3, 16, 24, generator=random), size=(HEIGHT, WIDTH), mode="bilinear")
    return 0.9 * smooth + 0.1 * torch.rand(smooth.shape, generator=random), "drawn"
