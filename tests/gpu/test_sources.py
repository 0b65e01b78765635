"""Frames on their way to the pretended GPU: one upload that nobody waits for, whatever their memory looks like."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ahc_stream.sources.gather import stacked
from tests.gpu.pretend import CPU, CUDA, Gpu
from tests.pictures import picture

LAYOUTS = {
    "as an image file": lambda rgb: rgb.transpose(2, 0, 1),
    "as a video": lambda rgb: np.ascontiguousarray(rgb.transpose(2, 0, 1)),
    "of one pixel": lambda rgb: rgb[:1, :1].transpose(2, 0, 1),
    "cut out": lambda rgb: rgb[3:9, 2:7].transpose(2, 0, 1),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_frames_go_up_in_one_copy_that_nobody_waits_for(gpu: Gpu, layout: str) -> None:
    planes = [LAYOUTS[layout](picture(20, 33, seed)) for seed in range(3)]
    before = gpu.synchronisations
    with gpu.counted() as counts:
        frames = stacked(planes, CUDA)
    assert gpu.synchronisations == before and counts["pinned uploads"] == 1
    for found in (frames.cpu(), stacked(planes, CPU)):
        assert found.is_contiguous() and torch.equal(found, torch.from_numpy(np.stack(planes)))
