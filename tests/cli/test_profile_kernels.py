"""The table of a GPU's kernels, from a profile that is made by hand; a trace of torch's own profiler on the CPU."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from rich.console import Console
from torch.autograd import DeviceType

from ahc_stream.cli.profile_kernels import device_table, device_work, profiled, write_kernel_trace


def made(*rows: tuple[DeviceType, str, int, float, float]) -> SimpleNamespace:
    averages = [
        SimpleNamespace(device_type=kind, key=name, count=calls, self_device_time_total=us, flops=flops)
        for kind, name, calls, us, flops in rows
    ]
    return SimpleNamespace(key_averages=lambda: averages)


def test_the_longest_come_first_with_shares_and_speed() -> None:
    profile = made(
        (DeviceType.CUDA, "copy", 4, 1000.0, 0),
        (DeviceType.CUDA, "implicit_gemm", 2, 3000.0, 0),
        (DeviceType.CPU, "aten::conv2d", 2, 3000.0, 6e9),
        (DeviceType.CPU, "aten::item", 9, 0.0, 0),
        (DeviceType.CPU, "aten::copy_", 4, 1000.0, 0),
    )
    works = device_work(profile)
    assert [work.name for work in works] == ["implicit_gemm", "copy", "aten::conv2d"]
    text = io.StringIO()
    Console(file=text, width=120).print(device_table(works, seconds=0.01, frames=10))
    (conv,) = [line for line in text.getvalue().splitlines() if "conv2d" in line]
    cells = [cell.strip() for cell in conv.strip("│").split("│")]
    assert cells == ["operator", "aten::conv2d", "2", "3.0", "30.0%", "300.0", "2.0"]


def test_on_the_cpu_no_kernel_is_profiled(tmp_path: Path) -> None:
    with profiled(torch.device("cpu")) as nothing:
        assert nothing is None
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profiler:
        torch.ones(4) + 1
    assert device_work(profiler) == []
    write_kernel_trace(profiler, tmp_path / "trace.json")
    assert json.loads((tmp_path / "trace.json").read_text())["traceEvents"]


@pytest.mark.gpu
def test_a_product_on_a_gpu_has_time_and_operations() -> None:
    with profiled(torch.device("cuda")) as profiler:
        (torch.ones(512, 512, device="cuda") @ torch.ones(512, 512, device="cuda")).cpu()
    assert {work.kind for work in device_work(profiler)} == {"kernel", "operator"}
