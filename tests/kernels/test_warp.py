"""The scale-space warp: each implementation held to the float64 definition, and to CompressAI's."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ahc_stream.core.threads import torch_threads
from ahc_stream.kernels.warp import definition, warped
from ahc_stream.kernels.warp_levels import LEVELS, level_starts
from tests.promised_gpu import ON_GPU

DEVICES = ["cpu", ON_GPU]
SIZES = [(16, 16), (16, 208), (144, 80), (256, 384)]

SUMS = 4e-6  # 16 products of numbers up to 1, on two levels: some 30 roundings of 2^-24, twice that to be safe


def tolerance(height: int, width: int, roundings: int) -> float:
    """Positions in float32 are off by 2^-24 of the side for each rounding, and a picture in 0..1 rises by at most 1
    from pixel to pixel in either direction; the sums add their own error."""
    return roundings * (height + width) * 2**-24 + SUMS


def drawn(count: int, height: int, width: int, device: str) -> tuple[Tensor, Tensor]:
    """Noise, the steepest picture there is; displacements over the border, blur over both ends of its range."""
    random = torch.Generator().manual_seed(height * width)
    motion = torch.randn(count, 3, height, width, generator=random) * torch.tensor([0.1, 0.1, 0.8])[:, None, None]
    return torch.rand(count, 3, height, width, generator=random).to(device), motion.to(device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_it_is_the_definition_up_to_rounding(device, height, width):
    picture, motion = drawn(2, height, width, device)
    torch.testing.assert_close(
        warped(picture, motion).double(), definition(picture, motion), rtol=0, atol=tolerance(height, width, 2)
    )


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(("height", "width"), SIZES[1:])
def test_it_is_compressais_prediction_up_to_the_rounding_of_both(device, height, width):
    """CompressAI counts positions from -1 to 1 and rounds more often: on the grid, with the motion, back to pixels."""
    from compressai.models.video import ScaleSpaceFlow

    picture, motion = drawn(2, height, width, device)
    with torch.device("meta"):
        model = ScaleSpaceFlow()  # its prediction has no weights
    theirs = model.forward_prediction(picture, motion)
    torch.testing.assert_close(warped(picture, motion), theirs, rtol=0, atol=tolerance(height, width, 6))


@pytest.mark.parametrize("level", range(LEVELS))
@pytest.mark.parametrize("device", DEVICES)
def test_every_level_alone_is_the_definitions(device, level):
    picture, motion = drawn(1, 64, 96, device)
    motion[:, 2] = (level - 2.5) / 3
    torch.testing.assert_close(
        warped(picture, motion).double(), definition(picture, motion), rtol=0, atol=tolerance(64, 96, 2)
    )


@pytest.mark.parametrize("device", DEVICES)
def test_no_motion_and_no_blur_give_the_picture_back(device):
    picture, motion = drawn(1, 64, 96, device)
    motion.zero_()[:, 2] = -9.0
    assert torch.equal(warped(picture, motion), picture)


@pytest.mark.parametrize("device", DEVICES)
def test_a_picture_does_not_depend_on_the_batch_or_on_the_threads(device):
    picture, motion = drawn(5, 48, 80, device)
    together = warped(picture, motion)
    for count in (1, 2, 5):
        with torch_threads(count):
            alone = [warped(picture[i : i + 1], motion[i : i + 1]) for i in range(5)]
            assert torch.equal(torch.cat(alone), together)
            assert torch.equal(warped(picture, motion), together)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 3e38])
def test_no_motion_reads_outside_of_the_picture(device, value):
    picture, motion = drawn(1, 32, 32, device)
    for channel in range(3):
        wild = motion.clone()
        wild[:, channel] = value
        result = warped(picture, wild)
        assert result.isfinite().all() and result.min() > -1e-3 and result.max() < 1 + 1e-3


@pytest.mark.parametrize("device", DEVICES)
def test_any_memory_layout_gives_the_same(device):
    picture, motion = drawn(2, 32, 48, device)
    last = torch.channels_last
    other = warped(picture.contiguous(memory_format=last), motion.contiguous(memory_format=last))
    assert torch.equal(other, warped(picture, motion))


def test_a_level_starts_where_the_one_before_ends():
    assert level_starts(32, 64) == (0, 0, 2048, 2560, 2688, 2720, 2728)


@pytest.mark.parametrize("shape", [(1, 3, 24, 16), (1, 2, 16, 16), (3, 16, 16), (0, 3, 16, 16)])
def test_shapes_that_do_not_fit_are_refused(shape):
    with pytest.raises(ValueError, match="multiples of 16"):
        warped(torch.zeros(shape), torch.zeros(shape))
