"""VMAF: libvmaf fed in another way, an independent implementation of its features, and what stills and clips mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from ahc_stream.core.threads import torch_threads
from ahc_stream.metrics import measure
from ahc_stream.metrics.luma import luma
from tests.conftest import real
from tests.metrics import two_files
from tests.metrics.frames import strided, textured


def moving(frames: int, height: int, width: int) -> tuple[Tensor, Tensor]:
    """A texture that shifts by four pixels a frame, and the same with noise."""
    (wide,), (noisy,) = textured(1, height, width + 4 * frames, noise=10)
    return tuple(torch.stack([x[..., 4 * at : 4 * at + width] for at in range(frames)]) for x in (wide, noisy))


def score(pair: tuple[Tensor, Tensor], consecutive: bool = False) -> Tensor:
    return measure(*pair, ["vmaf"], consecutive=consecutive)["vmaf"]


def unrounded(frames: Tensor) -> Tensor:
    """Limited-range luma of BT.709, float64 [N, H, W]."""
    weights = torch.tensor([0.2126, 0.7152, 0.0722], dtype=torch.float64).view(1, 3, 1, 1)
    return 16 + (frames.double() * weights).sum(1) * 219 / 255


def by_two_files(pair: tuple[Tensor, Tensor], folder: Path) -> list[float]:
    """libvmaf on two files, the way its users call it."""
    return [frame["vmaf"] for frame in two_files.libvmaf(two_files.written(pair, folder))]


@pytest.mark.parametrize("shape", [(5, 96, 128), (3, 97, 131), (1, 32, 33)])
def test_consecutive_frames_have_the_scores_of_a_video_of_two_files(
    shape: tuple[int, int, int], tmp_path: Path
) -> None:
    pair = moving(*shape)
    assert score(pair, consecutive=True).tolist() == by_two_files(pair, tmp_path)


def test_stills_have_the_score_of_a_video_of_one_frame_each(tmp_path: Path) -> None:
    pair = moving(3, 96, 128)
    alone = [by_two_files((x[None], y[None]), tmp_path)[0] for x, y in zip(*pair, strict=True)]
    assert score(pair).tolist() == alone
    assert score(pair)[1] < score(pair, consecutive=True)[1] - 1  # motion hides errors


@pytest.mark.parametrize("consecutive", [False, True])
def test_both_are_near_vmaf_torch(consecutive: bool) -> None:
    from vmaf_torch import VMAF

    pair = moving(4, 160, 176)
    planes = [luma(frames).float()[:, None] for frames in pair]
    theirs = VMAF(clip_score=True, enable_motion=consecutive)(*planes).flatten().double()
    # vmaf-torch follows libvmaf's float features, the model runs on the integer ones: up to 0.06 apart on pictures
    torch.testing.assert_close(score(pair, consecutive), theirs.detach(), rtol=0, atol=0.3)


def test_luma_is_the_formula_rounded_to_the_nearest_level() -> None:
    every = torch.arange(256, dtype=torch.uint8)
    grid = torch.cartesian_prod(every[::15], every[::17], every).T.reshape(1, 3, -1, 256)
    assert (luma(grid) - unrounded(grid)).abs().max() <= 0.5 + 1e-9  # a tie may go either way
    assert luma(grid).min() == 16 and luma(grid).max() == 235


def test_floats_are_rounded_and_a_nan_pixel_leaves_its_frame_without_a_score() -> None:
    reference, distorted = moving(3, 48, 64)
    floats = distorted.float() + 0.4 * (torch.rand(distorted.shape) - 0.5)
    floats[1, 2, 5, 5] = torch.nan
    values = score((reference.float(), floats.clamp(0, 255)))
    assert values.isnan().tolist() == [False, True, False]
    assert torch.equal(values[[0, 2]], score((reference, distorted))[[0, 2]])


@pytest.mark.parametrize(
    ("shape", "defined"), [((31, 64), False), ((64, 31), False), ((1, 1), False), ((32, 32), True)]
)
def test_below_32_pixels_a_side_there_is_no_score(shape: tuple[int, int], defined: bool) -> None:
    assert score(textured(2, *shape)).isnan().logical_not().all().item() == defined


def test_neither_layout_threads_nor_company_change_a_score() -> None:
    pair = moving(4, 64, 80)
    values = score(pair)
    assert torch.equal(values, score(strided(*pair))) and torch.equal(values[2:3], score((pair[0][2:3], pair[1][2:3])))
    with torch_threads(3):
        assert torch.equal(values, score(pair))


def test_extremes_stay_within_the_scale() -> None:
    black, white = (torch.full((1, 3, 64, 64), value, dtype=torch.uint8) for value in (0, 255))
    assert 0 <= score((black, white)).item() <= 100 and score((white, white)).item() > 97


def test_a_real_clip_scores_lower_the_coarser_it_is() -> None:
    import av

    path = real("clips/crowd_1080p_8frames.mp4")
    with av.open(path) as container:
        frames = [frame.to_ndarray(format="rgb24")[:360, :640] for frame in container.decode(video=0)][:3]
    clip = torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)
    scores = [score((clip, clip // step * step + step // 2), consecutive=True).mean() for step in (8, 24, 48)]
    assert scores[0] > scores[1] > scores[2]
