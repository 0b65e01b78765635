"""PSNR-HVS and PSNR-HVS-M: an independent library, the authors' steps in plain loops, and cases by hand."""

from __future__ import annotations

import math

import numpy as np
import psnr_hvsm
import pytest
import torch
from scipy.fft import dctn
from torch import Tensor

from ahc_stream.metrics import hvs, measure
from tests.metrics.frames import checkerboard, constant, half_flat, strided, textured

NAMES = ("psnr_hvs", "psnr_hvs_m")
LUMA = np.array([0.299, 0.587, 0.114])
PAIRS = {
    "textured": textured(2, 64, 80),
    "little noise": textured(1, 120, 96, noise=2.0, seed=3),
    "checkerboard": checkerboard(48, 56),
    "half flat": half_flat(64, 64),
}


@pytest.fixture(params=PAIRS, ids=list(PAIRS))
def pair(request: pytest.FixtureRequest) -> tuple[Tensor, Tensor]:
    return PAIRS[request.param]


def luma(frames: Tensor) -> np.ndarray:
    """uint8 [N, 3, H, W] -> float64 [N, H, W]."""
    return np.einsum("nchw,c->nhw", frames.numpy().astype(np.float64), LUMA)


def test_both_are_those_of_psnr_hvsm(pair: tuple[Tensor, Tensor]) -> None:
    x, y = (luma(frames) for frames in pair)
    error = psnr_hvsm.BACKENDS["numpy"]["hvs_hvsm_mse"](x, y, batch=True)
    for name, mean in zip(NAMES, error, strict=True):
        oracle = torch.from_numpy(10 * np.log10(255**2 / mean))
        # its tables have six decimals, ours are the fractions that they round
        torch.testing.assert_close(measure(*pair, [name])[name], oracle, rtol=0, atol=2e-5)


def test_both_are_the_authors_steps_in_loops(pair: tuple[Tensor, Tensor]) -> None:
    x, y = luma(pair[0])[0], luma(pair[1])[0]
    plain, masked = in_loops(x, y)
    assert measure(*pair, NAMES)["psnr_hvs"][0].item() == pytest.approx(plain, rel=1e-12)
    assert measure(*pair, NAMES)["psnr_hvs_m"][0].item() == pytest.approx(masked, rel=1e-12)


def in_loops(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """As Ponomarenko et al. (2007) describe it, block by block and coefficient by coefficient."""
    quantisers = np.array(hvs.QUANTISERS, np.float64)
    seen = 1 / quantisers / math.sqrt((1 / quantisers**2).mean())
    visible = (10 / quantisers) ** 2
    sums, count = [0.0, 0.0], 0
    for top in range(0, x.shape[0] - 7, 8):
        for left in range(0, x.shape[1] - 7, 8):
            a, b = (plane[top : top + 8, left : left + 8] for plane in (x, y))
            dct_a, dct_b = dctn(a, norm="ortho"), dctn(b, norm="ortho")
            mask = max(contrast(a, dct_a, visible), contrast(b, dct_b, visible))
            for row in range(8):
                for column in range(8):
                    error = abs(dct_a[row, column] - dct_b[row, column])
                    sums[0] += (error * seen[row, column]) ** 2
                    if row or column:
                        error = max(0.0, error - mask / visible[row, column])
                    sums[1] += (error * seen[row, column]) ** 2
                    count += 1
    return tuple(10 * math.log10(255**2 / (total / count)) for total in sums)


def contrast(block: np.ndarray, dct: np.ndarray, visible: np.ndarray) -> float:
    energy = (dct**2 * visible).sum() - dct[0, 0] ** 2 * visible[0, 0]
    whole = block.var(ddof=1) * 64
    quarters = sum(block[r : r + 4, c : c + 4].var(ddof=1) * 16 for r in (0, 4) for c in (0, 4))
    return math.sqrt(energy * quarters / whole) / 32 if whole else 0.0


def test_a_shift_of_all_pixels_is_one_coefficient_which_nothing_masks() -> None:
    # 10 levels on 64 pixels are 80 in the first coefficient; its weight is (1 / 16) over the root mean square of 1 / Q
    weight = (1 / 16) / math.sqrt(sum(1 / q**2 for row in hvs.QUANTISERS for q in row) / 64)
    expected = 10 * math.log10(255**2 / ((80 * weight) ** 2 / 64))
    for value in measure(*constant(24, 32, 100, 110), NAMES).values():
        assert value.item() == pytest.approx(expected, rel=1e-12)


def test_weights_are_the_published_ones() -> None:
    # of psnrhvsm.m as psnr-hvsm carries it: 1.608443 for the first coefficient, 0.259950 for the last
    weights = 1 / np.array(hvs.QUANTISERS) / math.sqrt((1.0 / np.array(hvs.QUANTISERS) ** 2).mean())
    assert weights[0, 0] == pytest.approx(1.608443, abs=1e-6) and weights[7, 7] == pytest.approx(0.259950, abs=1e-6)


def test_masking_hides_errors_in_texture_and_none_on_flat_ground() -> None:
    values = measure(*PAIRS["textured"], NAMES)
    assert (values["psnr_hvs_m"] > values["psnr_hvs"] + 1).all()


def test_blocks_that_an_edge_cuts_are_left_out() -> None:
    reference, distorted = textured(1, 45, 51)
    whole = measure(reference[..., :40, :48], distorted[..., :40, :48], NAMES)
    assert all(torch.equal(value, whole[name]) for name, value in measure(reference, distorted, NAMES).items())


@pytest.mark.parametrize("shape", [(7, 64), (64, 7), (1, 1)])
def test_below_a_block_there_is_no_value(shape: tuple[int, int]) -> None:
    assert all(value.isnan().all() for value in measure(*textured(2, *shape), NAMES).values())


def test_identical_frames_are_infinitely_alike_and_a_nan_pixel_stays_in_its_frame() -> None:
    frames = textured(2, 32, 40)[0].float()
    broken = frames.clone()
    broken[1, 0, 3, 3] = torch.nan
    for value in measure(frames, broken, NAMES).values():
        assert value[0].item() == math.inf and value[1].isnan()


def test_neither_layout_nor_company_changes_a_bit() -> None:
    pair = textured(3, 40, 56)
    values = measure(*pair, NAMES)
    for name in NAMES:
        assert torch.equal(values[name], measure(*strided(*pair), [name])[name])
        assert torch.equal(values[name][1:2], measure(pair[0][1:2], pair[1][1:2], [name])[name])
