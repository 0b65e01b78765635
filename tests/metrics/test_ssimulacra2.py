"""SSIMULACRA 2: libjxl's own program, the definition in float64, and one set of bits whatever computes it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from ahc_stream.kernels import _native, ssimulacra
from ahc_stream.metrics import measure
from tests.metrics.frames import strided, textured

VARIANTS = range(len(_native.pixel_variants()))
Pair = tuple[Tensor, Tensor]

BY_LIBJXL: dict[tuple[int, int, int], float] = {
    (8, 9, 16): 94.29062676,
    (40, 56, 24): 32.98657779,
    (65, 83, 32): 62.50941281,
    (96, 128, 4): 94.2763738,
    (130, 171, 12): 85.38500627,
    (257, 300, 40): 36.64448493,
}
"""Height, width and step of `quantised` -> the score that ssimulacra2 of libjxl 0.11.2 printed for the same PNGs."""

NEAR = 0.06
"""libjxl approximates cube roots and the sRGB curve, and its float32 loses digits of small variances: 0.05 apart at 94,
where the definition in float64 is on our side, and 0.008 below 90."""


def quantised(height: int, width: int, step: int) -> Pair:
    """A picture of waves and stripes, in integers alone, and the same with levels `step` apart."""
    rows, columns = torch.arange(height)[:, None], torch.arange(width)[None, :]
    ramp, stripes = (3 * rows + 2 * columns) % 256, ((rows // 3 + columns // 5) % 2) * 60
    bumps = (rows * rows + columns * columns) // 7 % 128
    planes = [(ramp + stripes) // 2, (bumps + stripes + 40) % 256, (255 - ramp + bumps) // 2]
    reference = torch.stack([plane.clamp(0, 255).expand(height, width) for plane in planes]).to(torch.uint8)[None]
    return reference, (reference // step * step + step // 2).clamp(0, 255)


def score(pair: Pair) -> Tensor:
    return measure(*pair, ["ssimulacra2"])["ssimulacra2"]


def by_program(pair: Pair, folder: Path) -> float:
    paths = [folder / "reference.png", folder / "distorted.png"]
    for path, frames in zip(paths, pair, strict=True):
        Image.fromarray(frames[0].permute(1, 2, 0).numpy()).save(path)
    printed = subprocess.run(["ssimulacra2", *paths], capture_output=True, text=True, check=True).stdout
    return float(printed.split()[0])


@pytest.mark.parametrize("shape", BY_LIBJXL)
def test_scores_are_those_that_libjxl_printed(shape: tuple[int, int, int]) -> None:
    assert score(quantised(*shape)).item() == pytest.approx(BY_LIBJXL[shape], abs=NEAR)


def test_scores_are_those_of_libjxl_here(tmp_path: Path) -> None:
    if shutil.which("ssimulacra2") is None:
        pytest.skip("no program ssimulacra2: apt-get install libjxl-devtools, of Debian 13 or later")
    for noise in (1.0, 6.0, 40.0):
        pair = textured(1, 130, 171, noise)
        assert score(pair).item() == pytest.approx(by_program(pair, tmp_path), abs=NEAR)


@pytest.mark.parametrize("shape", [(1, 1), (3, 9), (31, 130), (33, 127), (64, 129), (70, 300)])
def test_the_compiled_loops_are_the_definition_in_float64(shape: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(1)
    x = torch.rand(3, *shape, generator=generator)
    y = (x + 0.1 * torch.rand(3, *shape, generator=generator)).clamp(0, 1)
    y[0] = x[0]
    compiled = ssimulacra.norms(x, y)
    expected = ssimulacra.norms(x.double(), y.double())
    torch.testing.assert_close(compiled, expected, rtol=1e-5, atol=1e-6)
    assert (compiled[0, 1:] == 0).all()  # no edge came or went where nothing changed
    for variant in VARIANTS:
        assert torch.equal(ssimulacra.norms(x, y, variant), compiled)


def test_scores_are_the_definition_in_float64(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = [quantised(*shape) for shape in BY_LIBJXL]
    ours = [score(pair).item() for pair in pairs]
    light = ssimulacra.linear
    monkeypatch.setattr(ssimulacra, "linear", lambda frames: light(frames.double()))
    assert ours == pytest.approx([score(pair).item() for pair in pairs], abs=2e-4)


def test_xyb_is_the_definition_in_float64_and_the_same_bits_everywhere() -> None:
    frames = torch.randint(0, 256, (2, 3, 37, 41), dtype=torch.uint8, generator=torch.Generator().manual_seed(2))
    frames[0, :, 0, 0] = 0
    light = ssimulacra.linear(frames)
    exact = ssimulacra.linear(frames.double())
    torch.testing.assert_close(light.double(), exact, rtol=1e-7, atol=0)
    assert torch.equal(ssimulacra.linear(strided(frames, frames)[0]), light)
    assert torch.equal(ssimulacra.linear(strided(frames, frames)[1]), light)
    xyb = ssimulacra.positive_xyb(light)
    # a unit of float32's last place of 1 in each cone, which X multiplies by 14
    torch.testing.assert_close(xyb.double(), ssimulacra.positive_xyb(exact), rtol=0, atol=3e-6)
    for variant in VARIANTS:
        assert torch.equal(ssimulacra.positive_xyb(light, variant), xyb)


def test_the_window_is_that_of_libjxl() -> None:
    taps = ssimulacra.taps()
    whole = np.array([*taps, *taps[-2::-1]])
    places = np.arange(-4, 5)
    assert whole.sum() == pytest.approx(1, abs=1e-12)
    assert (whole * places**2).sum() == pytest.approx(1.5**2, abs=1e-12)
    gaussian = np.exp(-(places**2) / (2 * 1.5**2))
    assert np.abs(whole - gaussian / gaussian.sum()).max() < 0.005


def test_frames_alike_have_100_and_worse_ones_less() -> None:
    reference, _ = textured(1, 96, 120)
    assert score((reference, reference.clone())).item() == 100
    values = [score(textured(1, 96, 120, noise)).item() for noise in (2, 10, 40)]
    assert 100 > values[0] > values[1] > values[2]


def test_a_value_depends_neither_on_what_shares_a_batch_nor_on_layout_or_type() -> None:
    pair = textured(3, 65, 83)
    alone = torch.cat([score((x[None], y[None])) for x, y in zip(*pair, strict=True)])
    assert torch.equal(score(pair), alone) and torch.equal(score(strided(*pair)), alone)
    floats = score((pair[0].float(), pair[1].float()))
    torch.testing.assert_close(floats, alone, rtol=0, atol=1e-3)  # the sRGB curve in float32 instead of float64


def test_small_frames_have_none_and_a_nan_pixel_makes_its_own_frame_nan() -> None:
    assert score(textured(2, 7, 60)).isnan().all() and score(textured(2, 60, 7)).isnan().all()
    assert not score(textured(2, 8, 8)).isnan().any()
    reference, distorted = (frames.float() for frames in textured(2, 40, 40))
    distorted[1, 1, 30, 30] = torch.nan
    assert score((reference, distorted)).isnan().tolist() == [False, True]


@pytest.mark.gpu
def test_a_gpu_has_the_processor_s_scores() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no NVIDIA GPU")
    pair = textured(2, 130, 171)
    there = score((pair[0].cuda(), pair[1].cuda())).cpu()
    torch.testing.assert_close(there, score(pair), rtol=0, atol=1e-3)  # float32 in another order
