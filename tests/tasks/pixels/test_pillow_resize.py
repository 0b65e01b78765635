"""Pillow's resize in torch: Pillow is the oracle, every pixel counts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image

from ahc_stream.tasks.pixels.pillow_resize import resize

SIZES = [
    ((183, 241), (112, 112)),
    ((64, 48), (256, 224)),
    ((224, 300), (224, 75)),
    ((500, 333), (384, 256)),
    ((7, 5), (3, 11)),
    ((5, 7), (11, 3)),
    ((1, 1), (4, 4)),
    ((900, 31), (13, 31)),
]


@pytest.mark.parametrize("cubic", [False, True])
@pytest.mark.parametrize(("source", "target"), SIZES)
def test_every_pixel_is_pillows(source: tuple[int, int], target: tuple[int, int], cubic: bool) -> None:
    random = np.random.RandomState(2)
    noise = random.randint(0, 256, (2, *source, 3), np.uint8)
    noise[1] = np.where(noise[1] > 127, 255, 0)  # extremes, which bicubic overshoots
    mode = Image.Resampling.BICUBIC if cubic else Image.Resampling.BILINEAR
    expected = np.stack([np.array(Image.fromarray(each).resize(target[::-1], mode)) for each in noise])
    found = resize(torch.from_numpy(noise).permute(0, 3, 1, 2), *target, cubic)
    assert found.is_contiguous() and found.dtype == torch.uint8
    np.testing.assert_array_equal(found.permute(0, 2, 3, 1).numpy(), expected)
