"""Metrics of luma against ffmpeg's filters and pytorch-msssim on the same planes, and what the luma is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pytorch_msssim
import torch
from torch import Tensor

from ahc_stream.kernels.colour import to_rgb
from ahc_stream.kernels.quality import C1, C2, StatisticsRequest
from ahc_stream.kernels.quality_cpu import statistics
from ahc_stream.metrics import measure, reference
from ahc_stream.metrics.luma import both_as_luma, luma
from tests.metrics import two_files
from tests.metrics.frames import constant, one_pixel, strided, textured

Pair = tuple[Tensor, Tensor]
OF_LUMA = ("psnr_y", "ssim_y", "ms_ssim_y")
PAIRS = {"even": textured(3, 176, 208), "odd": textured(2, 177, 211, noise=30, seed=1)}
FLOAT32_WINDOW = {"rtol": 2e-5, "atol": 0}  # pytorch-msssim rounds its taps to float32: their sum is not quite 1


@pytest.fixture(params=PAIRS, ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> Pair:
    return PAIRS[request.param]


def planes(pair: Pair) -> Pair:
    """Their luma, float64 [N, 1, H, W]."""
    return tuple(luma(frames)[:, None].double() for frames in pair)


def test_it_is_the_files_own_plane_where_no_colour_was_clipped() -> None:
    generator = np.random.default_rng(0)
    y, cb, cr = (generator.integers(low, high, size, np.uint8) for low, high, size in (
        (90, 170, (64, 96)), (108, 149, (32, 48)), (108, 149, (32, 48)),
    ))  # fmt: skip
    rgb = np.empty((3, 64, 96), np.uint8)
    to_rgb(y, cb, cr, "bt709", False, False, rgb)
    assert rgb.min() > 0 and rgb.max() < 255
    assert np.array_equal(luma(torch.from_numpy(rgb)[None])[0].numpy(), y)


def test_psnr_y_is_that_of_ffmpegs_psnr_on_the_same_planes(pair: Pair, tmp_path: Path) -> None:
    theirs = two_files.measured(two_files.written(pair, tmp_path), "psnr", r"psnr_y:(\S+)")
    ours = measure(*pair, ["psnr_y"])["psnr_y"]
    torch.testing.assert_close(ours, torch.tensor(theirs, dtype=torch.float64), rtol=0, atol=0.005001)  # two decimals


def test_ffmpegs_ssim_is_of_the_same_planes_and_of_flat_windows(pair: Pair, tmp_path: Path) -> None:
    theirs = two_files.measured(two_files.written(pair, tmp_path), "ssim", r"Y:(\S+)")
    flat = [flat_ssim(x, y) for x, y in zip(*planes(pair), strict=True)]
    assert theirs == pytest.approx(flat, abs=1e-5)  # six decimals of float32
    ours = measure(*pair, ["ssim_y"])["ssim_y"].tolist()
    assert ours == pytest.approx(theirs, abs=0.06)  # Gaussian windows at every pixel, of noise that none likes


def flat_ssim(x: Tensor, y: Tensor) -> float:
    """SSIM of windows of 8 x 8 pixels, four apart, without bias: what ffmpeg's filter has taken from x264."""
    blocks = [plane[0].unfold(0, 8, 4).unfold(1, 8, 4).flatten(2) for plane in (x, y)]
    (mean_x, mean_y), (var_x, var_y) = ([f(each) for each in blocks] for f in (_mean, _variance))
    covariance = ((blocks[0] - mean_x[..., None]) * (blocks[1] - mean_y[..., None])).sum(2) / 63
    luminance = (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1)
    return float((luminance * (2 * covariance + C2) / (var_x + var_y + C2)).mean())


def _mean(blocks: Tensor) -> Tensor:
    return blocks.mean(2)


def _variance(blocks: Tensor) -> Tensor:
    return blocks.var(2)


@pytest.mark.parametrize("implementation", [None, "reference"])
def test_ssim_y_and_ms_ssim_y_are_those_of_pytorch_msssim(pair: Pair, implementation: str | None) -> None:
    ours = measure(*pair, ["ssim_y", "ms_ssim_y"], implementation)
    x, y = planes(pair)
    torch.testing.assert_close(ours["ssim_y"], pytorch_msssim.ssim(x, y, size_average=False), **FLOAT32_WINDOW)
    torch.testing.assert_close(ours["ms_ssim_y"], pytorch_msssim.ms_ssim(x, y, size_average=False), **FLOAT32_WINDOW)


def test_ms_ssim_in_db_is_that_of_pytorch_msssims_value(pair: Pair) -> None:
    x, y = (frames.double() for frames in pair)
    theirs = -10 * torch.log10(1 - pytorch_msssim.ms_ssim(x, y, size_average=False))
    ours = measure(*pair, ["ms_ssim_db"], "reference")["ms_ssim_db"]
    # the taps' 2e-5 of a value near 0.95 is so much of what it lacks
    torch.testing.assert_close(ours, theirs, rtol=0, atol=4e-3)
    fast = measure(*pair, ["ms_ssim_db"])["ms_ssim_db"]
    torch.testing.assert_close(fast, ours, rtol=0, atol=1e-4)  # float32 inside: 1e-6 of the value, as `ms_ssim`


def test_identical_luma_is_infinitely_good() -> None:
    frames, _ = textured(1, 170, 170)
    values = measure(frames, frames.clone(), [*OF_LUMA, "ms_ssim_db"])
    assert values["psnr_y"].isposinf() and values["ms_ssim_db"].isposinf()
    assert values["ssim_y"] == values["ms_ssim_y"] == 1
    below, above = constant(8, 8, 100, 100)
    above[:, 2] += 5  # 0.31 of a level of luma
    assert measure(below, above, ["psnr_y"])["psnr_y"].isposinf()


def test_the_smallest_difference_is_not_lost() -> None:
    x, y = one_pixel(170, 170)
    values = measure(x, y, ["psnr_y", "ms_ssim_db"], "reference")
    assert values["psnr_y"].isfinite() and values["ms_ssim_db"].isfinite()


def test_a_nan_pixel_makes_its_frame_nan_and_no_other() -> None:
    x, y = (frames.float() for frames in textured(2, 170, 170))
    y[1, 1, 20, 20] = torch.nan
    for name, value in measure(x, y, [*OF_LUMA, "ms_ssim_db"]).items():
        assert value.isnan().tolist() == [False, True], name


def test_floats_are_rounded_to_eight_bits_first() -> None:
    pair = textured(1, 170, 170)
    floats = tuple(frames + 0.4 * (torch.rand(frames.shape) - 0.5) for frames in pair)
    bytes_, rounded = measure(*pair, OF_LUMA), measure(*floats, OF_LUMA)
    for name in OF_LUMA:  # float32 sums of the same levels
        torch.testing.assert_close(rounded[name], bytes_[name], rtol=1e-6, atol=0)


def test_one_plane_has_the_bits_that_it_has_among_three() -> None:
    request = StatisticsRequest(error=True, ssim_scales=5)
    for plane in (both_as_luma(*textured(2, 165, 171)), both_as_luma(*strided(*textured(2, 165, 171)))):
        alone = statistics(*plane, request)
        three = statistics(*(frames.expand(-1, 3, -1, -1) for frames in plane), request)
        assert torch.equal(alone.error, three.error) and torch.equal(alone.ssim, three.ssim[:, :, :1])


def test_one_plane_agrees_with_the_definition() -> None:
    plane = both_as_luma(*textured(2, 165, 171))
    request = StatisticsRequest(error=True, ssim_scales=5)
    ours, theirs = statistics(*plane, request), reference.statistics(*plane, request)
    assert torch.equal(ours.error, theirs.error)
    torch.testing.assert_close(ours.ssim, theirs.ssim, rtol=0, atol=1e-6)
