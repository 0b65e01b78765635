"""The Triton kernels: compiled where there is a GPU; elsewhere the same tests, on fewer cases, interpreted."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ahc_stream.kernels.quality import Statistics, StatisticsRequest
from ahc_stream.metrics import reference
from tests.interpreted import DEVICE, INTERPRETED, check_interpreted, kernels, stands_in
from tests.metrics.agreement import CASES, EVERYTHING, Pair, assert_agrees, with_fractions
from tests.metrics.frames import strided, textured
from tests.promised_gpu import GPU

QUICK = ["textured", "smallest for vif", "smallest for ssim", "one pixel", "one pixel wide", "one pixel high"]

EVERY_KERNEL = EVERYTHING if GPU else EVERYTHING._replace(ssim_scales=2)  # the scales below the first share a kernel


@pytest.fixture(autouse=True)
def short_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    """Interpreted, a row costs the same whatever its length: so a plane is cut into short bands, all in one program."""
    if INTERPRETED:
        from ahc_stream.kernels import bands_cuda, launching

        monkeypatch.setattr(bands_cuda, "MOST_ROWS", 2)
        monkeypatch.setattr(launching, "LANES", 4096)


def statistics(x: Tensor, y: Tensor, request: StatisticsRequest) -> Statistics:
    """The kernels' results for frames that begin, and end, in the CPU's memory."""
    from ahc_stream.kernels.quality_cuda import statistics

    result = statistics(x.to(DEVICE), y.to(DEVICE), request)
    return Statistics(*(None if part is None else part.cpu() for part in result))


def small(pair: Pair) -> Pair:
    """One frame where every pixel is interpreted."""
    return (pair[0][:1], pair[1][:1]) if INTERPRETED else pair


@kernels
@pytest.mark.parametrize("case", QUICK if INTERPRETED else CASES)
def test_bytes_agree_with_the_definition(case: str) -> None:
    assert_agrees(statistics, case, small(CASES[case][0]()))


@kernels
@pytest.mark.parametrize("case", ["smallest for vif", "one pixel", "one pixel wide"])
def test_strided_floats_agree_with_the_definition(case: str) -> None:
    assert_agrees(statistics, case, strided(*with_fractions(CASES[case][0]())))


@kernels
def test_every_call_gives_the_same_bits_whatever_shares_the_batch_and_lay_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pair = textured(2, 70, 83)
    first, alone = statistics(*pair, EVERY_KERNEL), statistics(pair[0][1:], pair[1][1:], EVERY_KERNEL)
    monkeypatch.setattr(torch, "empty", lambda *shape, **options: torch.full(*shape, torch.nan, **options))
    for a, b, c in zip(first, statistics(*pair, EVERY_KERNEL), alone, strict=True):
        assert torch.equal(bits(a), bits(b)) and torch.equal(bits(a[1:]), bits(c))


@kernels
def test_one_plane_agrees_with_the_definition() -> None:
    """Four frames of one plane, for kernels that count planes in threes."""
    request = StatisticsRequest(error=True, ssim_scales=2)
    apart = tuple(frames[:, 1:2] for frames in textured(4, 24, 31))
    for pair in (apart, tuple(frames.contiguous() for frames in apart)):
        ours, theirs = statistics(*pair, request), reference.statistics(*pair, request)
        torch.testing.assert_close(ours.error, theirs.error, rtol=1e-14, atol=0)  # exact sums, divided in two steps
        torch.testing.assert_close(ours.ssim, theirs.ssim, rtol=0, atol=1e-6)


@kernels
def test_a_nan_pixel_makes_its_frame_nan_and_no_other() -> None:
    x, y = (frames.float() for frames in textured(2, 45, 50))
    y[1, 1, 20, 20] = torch.nan
    result = statistics(x, y, StatisticsRequest(error=True, colour=True, ssim_scales=1, vif=True))
    assert [part.flatten(1).isnan().any(1).tolist() for part in result] == [[False, True]] * 4


@pytest.mark.timeout(900)  # a minute alone, interpreted; what else the machine does makes it many
@stands_in
def test_the_kernels_pass_under_the_interpreter() -> None:
    check_interpreted(__file__, len(QUICK) + 6)


def bits(values: Tensor) -> Tensor:
    return values.view(torch.int64)
