"""The float64 references against independent libraries, in float64, wherever their definitions agree."""

from __future__ import annotations

import numpy as np
import piq
import pytest
import pytorch_msssim
import torch
import torchmetrics.functional.image as tm
from compressai.transforms.functional import rgb2ycbcr
from skimage import metrics as skimage
from torch import Tensor

from ahc_stream.core.colour import Colour, planes_to_frame
from ahc_stream.metrics import measure
from tests.metrics.frames import checkerboard, textured

SAME = {"rtol": 1e-9, "atol": 0}  # both sides in float64: only the order of sums differs
FLOAT32_WINDOW = {"rtol": 2e-5, "atol": 0}  # pytorch-msssim rounds its taps to float32: their sum is not quite 1

PAIRS = {
    "even": textured(2, 176, 208),
    "odd": textured(2, 177, 211, noise=30, seed=1),
    "checkerboard": checkerboard(162, 163),
}


@pytest.fixture(params=PAIRS, ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> tuple[Tensor, Tensor]:
    return PAIRS[request.param]


def ours(name: str, pair: tuple[Tensor, Tensor]) -> Tensor:
    return measure(*pair, [name], implementation="reference")[name]


def as_double(pair: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return pair[0].double(), pair[1].double()


def test_mse_is_that_of_scikit_image_and_torchmetrics(pair: tuple[Tensor, Tensor]) -> None:
    x, y = as_double(pair)
    oracle = [skimage.mean_squared_error(a.numpy(), b.numpy()) for a, b in zip(x, y, strict=True)]
    torch.testing.assert_close(ours("mse", pair), torch.tensor(oracle), **SAME)
    from torchmetrics.functional import mean_squared_error

    whole = mean_squared_error(x.reshape(-1), y.reshape(-1))
    torch.testing.assert_close(ours("mse", pair).mean(), whole, **SAME)


def test_mae_is_that_of_numpy_and_torchmetrics(pair: tuple[Tensor, Tensor]) -> None:
    x, y = as_double(pair)
    torch.testing.assert_close(ours("mae", pair), torch.from_numpy(np.abs((x - y).numpy()).mean((1, 2, 3))), **SAME)
    from torchmetrics.functional import mean_absolute_error

    whole = mean_absolute_error(x.reshape(-1), y.reshape(-1))
    torch.testing.assert_close(ours("mae", pair).mean(), whole, **SAME)


def test_psnr_is_that_of_scikit_image_piq_and_torchmetrics(pair: tuple[Tensor, Tensor]) -> None:
    x, y = as_double(pair)
    oracle = [skimage.peak_signal_noise_ratio(a.numpy(), b.numpy(), data_range=255) for a, b in zip(x, y, strict=True)]
    torch.testing.assert_close(ours("psnr", pair), torch.tensor(oracle, dtype=torch.float64), **SAME)
    # piq adds 1e-8 to the MSE of [0, 1] values, so an MSE of 1 becomes 1.0007 in grey levels squared
    piqs = piq.psnr(y, x, data_range=255, reduction="none")
    torch.testing.assert_close(ours("psnr", pair), piqs, rtol=0, atol=1e-3)
    tms = tm.peak_signal_noise_ratio(y, x, data_range=255.0, dim=(1, 2, 3), reduction="none")
    torch.testing.assert_close(ours("psnr", pair), tms, rtol=0, atol=1e-6)  # its range is a float32 logarithm


def test_ssim_is_that_of_pytorch_msssim(pair: tuple[Tensor, Tensor]) -> None:
    x, y = as_double(pair)
    torch.testing.assert_close(ours("ssim", pair), pytorch_msssim.ssim(x, y, size_average=False), **FLOAT32_WINDOW)


def test_ssim_is_that_of_piq_without_its_downsampling(pair: tuple[Tensor, Tensor]) -> None:
    x, y = as_double(pair)
    oracle = piq.ssim(y, x, data_range=255.0, reduction="none", downsample=False)
    torch.testing.assert_close(ours("ssim", pair), oracle, **SAME)


def test_ssim_is_the_inside_of_scikit_images_map(pair: tuple[Tensor, Tensor]) -> None:
    # scikit-image averages over the inside of a reflected map too, cropped by the same five pixels
    oracle = [
        skimage.structural_similarity(
            a.numpy(),
            b.numpy(),
            data_range=255,
            channel_axis=0,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
        )
        for a, b in zip(*as_double(pair), strict=True)
    ]
    torch.testing.assert_close(ours("ssim", pair), torch.tensor(oracle, dtype=torch.float64), **SAME)


def test_ssim_differs_from_torchmetrics_only_at_the_border(pair: tuple[Tensor, Tensor]) -> None:
    # torchmetrics averages the reflected border in; the inside of its full map is ours
    x, y = as_double(pair)
    _, full = tm.structural_similarity_index_measure(y, x, data_range=255.0, reduction="none", return_full_image=True)
    torch.testing.assert_close(ours("ssim", pair), full[..., 5:-5, 5:-5].mean((1, 2, 3)), **SAME)


def test_ms_ssim_is_that_of_pytorch_msssim_at_any_parity(pair: tuple[Tensor, Tensor]) -> None:
    x, y = as_double(pair)
    oracle = pytorch_msssim.ms_ssim(x, y, size_average=False)
    torch.testing.assert_close(ours("ms_ssim", pair), oracle, **FLOAT32_WINDOW)


def test_ms_ssim_is_that_of_piq_when_every_scale_is_even() -> None:
    # piq repeats the first line of an odd side where pytorch-msssim adds zeros: they agree on multiples of 16.
    # It also weighs the mean over channels last, as we do.
    pair = textured(2, 176, 208)
    x, y = as_double(pair)
    oracle = piq.multi_scale_ssim(y, x, data_range=255.0, reduction="none")
    torch.testing.assert_close(ours("ms_ssim", pair), oracle, rtol=1e-7, atol=0)  # piq holds its weights in float32


def test_vif_is_that_of_piq(pair: tuple[Tensor, Tensor]) -> None:
    x, y = as_double(pair)
    oracle = piq.vif_p(y, x, data_range=255.0, reduction="none")
    torch.testing.assert_close(ours("vif", pair), oracle, rtol=1e-7, atol=1e-9)  # piq's epsilon is 1e-8, ours 1e-10


def test_vif_is_that_of_torchmetrics_on_luma(pair: tuple[Tensor, Tensor]) -> None:
    # torchmetrics averages the VIF of the channels; given luma as a single channel it computes ours
    weights = torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64).view(1, 3, 1, 1)
    x, y = ((frames * weights).sum(1, keepdim=True) for frames in as_double(pair))
    oracle = tm.visual_information_fidelity(y, x, reduction="none")
    torch.testing.assert_close(ours("vif", pair), oracle, rtol=1e-7, atol=0)  # its noise variance is a float32


@pytest.mark.parametrize(("name", "luma_weight"), [("psnr_yuv_411", 4), ("psnr_yuv_611", 6)])
def test_psnr_yuv_is_that_of_compressais_colour_transform(
    pair: tuple[Tensor, Tensor], name: str, luma_weight: int
) -> None:
    planes = [rgb2ycbcr(frames / 255) for frames in as_double(pair)]
    error = (planes[0] - planes[1]).square().mean((2, 3))
    luma, cb, cr = (10 * torch.log10(1 / error)).unbind(1)
    grey = error[:, 1] < 1e-20  # the checkerboard's error has no colour: both planes are rounding, ours says infinite
    oracle = torch.where(grey, torch.inf, (luma_weight * luma + cb + cr) / (luma_weight + 2))
    torch.testing.assert_close(ours(name, pair), oracle, **SAME)


@pytest.mark.parametrize(("name", "luma_weight"), [("psnr_yuv_411", 4), ("psnr_yuv_611", 6)])
def test_psnr_yuv_is_that_of_libswscales_planes_of_16_bits(name: str, luma_weight: int) -> None:
    pair = PAIRS["odd"]
    planes = [np.stack([in_16_bits(frame) for frame in frames.numpy()]).astype(np.float64) for frames in pair]
    error = np.square(planes[0] - planes[1]).mean((2, 3))
    luma, cb, cr = (10 * np.log10(65535**2 / error)).T
    oracle = torch.from_numpy((luma_weight * luma + cb + cr) / (luma_weight + 2))
    torch.testing.assert_close(ours(name, pair), oracle, rtol=0, atol=2e-3)  # its weights have 15 bits


def in_16_bits(rgb: np.ndarray) -> np.ndarray:
    """uint8 [3, H, W] RGB -> Y, Cb, Cr of full-range BT.709, uint16 [3, H, W]."""
    frame = planes_to_frame(rgb, "yuv444p16le", Colour("bt709", full_range=True))
    return frame.to_ndarray().transpose(2, 0, 1)


def test_ssim_study_is_half_of_one_plus_torchmetrics_ssim_with_its_borders(pair: tuple[Tensor, Tensor]) -> None:
    x, y = as_double(pair)
    oracle = tm.structural_similarity_index_measure(y, x, data_range=255.0, reduction="none")
    torch.testing.assert_close(ours("ssim_study", pair), (1 + oracle) / 2, **SAME)


def test_ssim_study_is_pytorch_msssim_on_mirrored_frames(pair: tuple[Tensor, Tensor]) -> None:
    x, y = (torch.nn.functional.pad(frames, (5, 5, 5, 5), mode="reflect") for frames in as_double(pair))
    oracle = pytorch_msssim.ssim(x, y, size_average=False)
    # its float32 taps again; the checkerboard's value is near zero, so there the absolute difference counts
    torch.testing.assert_close(ours("ssim_study", pair), (1 + oracle) / 2, rtol=2e-5, atol=1e-6)


def test_vif_study_is_piqs_of_channels_that_it_believes_in_0_to_255(pair: tuple[Tensor, Tensor]) -> None:
    x, y = (frames.flatten(0, 1)[:, None] / 255 for frames in as_double(pair))
    oracle = piq.vif_p(x, y, data_range=255.0, reduction="none").view(-1, 3).mean(1)  # the original as the distorted
    # its epsilon of 1e-8 is no longer small beside variances of 0..1
    torch.testing.assert_close(ours("vif_study", pair), oracle, rtol=1e-4, atol=1e-6)


def test_vif_study_is_torchmetrics_vif_fed_with_the_unit_range(pair: tuple[Tensor, Tensor]) -> None:
    x, y = as_double(pair)
    oracle = tm.visual_information_fidelity(x / 255, y / 255, reduction="none")  # the original as the distorted
    # our frames are float32 after the division, and the checkerboard's value is 0 but for rounding
    torch.testing.assert_close(ours("vif_study", pair), oracle, rtol=1e-6, atol=1e-8)
