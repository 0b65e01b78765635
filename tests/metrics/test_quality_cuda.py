"""The Triton kernels: compiled where there is a GPU; elsewhere the same tests, on fewer cases, interpreted."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor

from ahc_stream.kernels.quality import Statistics, StatisticsRequest
from tests.metrics.agreement import CASES, EVERYTHING, Pair, assert_agrees, with_fractions
from tests.metrics.frames import strided, textured
from tests.promised_gpu import GPU

INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1" and not GPU
DEVICE = "cuda" if GPU else "cpu"
QUICK = ["textured", "smallest for vif", "smallest for ssim", "one pixel", "one pixel wide", "one pixel high"]

kernels = pytest.mark.skipif(not GPU and not INTERPRETED, reason="no GPU; the interpreted run below stands in for it")


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
def test_every_call_gives_the_same_bits_whatever_shares_the_batch() -> None:
    pair = textured(2, 70, 83)
    first, again = statistics(*pair, EVERYTHING), statistics(*pair, EVERYTHING)
    alone = statistics(pair[0][1:], pair[1][1:], EVERYTHING)
    for a, b, c in zip(first, again, alone, strict=True):
        assert torch.equal(bits(a), bits(b)) and torch.equal(bits(a[1:]), bits(c))


@kernels
def test_unwritten_memory_is_never_read(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = textured(1, 70, 83)
    expected = statistics(*pair, EVERYTHING)
    monkeypatch.setattr(torch, "empty", lambda *shape, **options: torch.full(*shape, torch.nan, **options))
    for a, b in zip(expected, statistics(*pair, EVERYTHING), strict=True):
        assert torch.equal(bits(a), bits(b))


@kernels
def test_a_nan_pixel_makes_its_frame_nan_and_no_other() -> None:
    x, y = (frames.float() for frames in textured(2, 45, 50))
    y[1, 1, 20, 20] = torch.nan
    result = statistics(x, y, StatisticsRequest(error=True, colour=True, ssim_scales=1, vif=True))
    assert [part.flatten(1).isnan().any(1).tolist() for part in result] == [[False, True]] * 4


@pytest.mark.skipif(GPU or INTERPRETED, reason="the kernels are tested as they are, above")
def test_the_kernels_pass_under_the_interpreter() -> None:
    command = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", __file__]
    environment = os.environ | {"TRITON_INTERPRET": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # its output says why
    assert done.returncode == 0, done.stdout[-4000:]
    assert f"{len(QUICK) + 6} passed" in done.stdout, done.stdout[-4000:]


@pytest.mark.skipif(INTERPRETED, reason="an interpreted kernel has no machine code")
def test_the_kernels_compile_for_a_hopper_gpu_without_one() -> None:
    from ahc_stream.kernels import error_cuda, ssim_cuda, vif_cuda

    windows = {"FINEST": True, "LAST": False, "SIDE": 64}
    constants = {
        error_cuda._bands: {"ROWS": 16, "COLUMNS": 256},
        ssim_cuda._tiles: windows | {"REACH": 10, "C1": 6.5, "C2": 58.5},
        vif_cuda._tiles: windows
        | {"REACH": 16, "RED": 0.3, "GREEN": 0.6, "BLUE": 0.1, "NOISE": 2.0, "EPSILON": 1e-10, "ROUNDING": 2e-7},
    }
    for kernel, values in constants.items():
        assert len(machine_code(kernel, values | {"x_column": 1, "y_column": 1})) > 1000


def machine_code(kernel: Any, constants: dict[str, Any]) -> bytes:
    """The kernel on bytes for compute capability 9.0. Arguments are int32 but for the pointers and constants here."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    floats = dict.fromkeys(("window", "decimator", "next_x", "next_y"), "*fp32")
    pointers = floats | {"x": "*u8", "y": "*u8", "sums": "*fp64"}
    signature = {name: "constexpr" if name in constants else pointers.get(name, "i32") for name in kernel.arg_names}
    values = {(at,): constants[name] for at, name in enumerate(kernel.arg_names) if name in constants}
    source = ASTSource(fn=kernel, signature=signature, constexprs=values)
    options = {"num_warps": 8, "enable_fp_fusion": True}
    return triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options).asm["cubin"]


def bits(values: Tensor) -> Tensor:
    return values.view(torch.int64)
