"""What a GPU did in a profile: its kernels and operators by time, and a trace, as torch's profiler saw them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from rich.table import Table

if TYPE_CHECKING:
    import torch

MOST = 25
"""Of each kind that are printed; the trace has all."""


class DeviceWork(NamedTuple):
    """A kernel or copy of the GPU, or an operator of torch that launched such.

    microseconds:  on the GPU in all. An operator's are those of its kernels, which are rows of their own.
    gflop:         10^9 operations of products and convolutions, which torch counts for operators.
    """

    kind: str
    name: str
    calls: int
    microseconds: float
    gflop: float


@contextmanager
def profiled(device: torch.device) -> Iterator[Any]:
    """torch's profiler over all threads; None on the CPU, where spans say more."""
    if device.type != "cuda":
        yield None
        return
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA], with_flops=True) as profiler:
        yield profiler


def device_work(profiler: Any) -> list[DeviceWork]:
    """Kernels, then operators whose operations are counted, each the longest first."""
    from torch._C._autograd import DeviceType

    works = []
    for average in profiler.key_averages():
        kind = "kernel" if average.device_type == DeviceType.CUDA else "operator"
        microseconds, gflop = float(average.self_device_time_total), float(average.flops or 0) / 1e9
        if microseconds > 0 and (kind == "kernel" or gflop > 0):
            works.append(DeviceWork(kind, average.key, average.count, microseconds, gflop))
    return sorted(works, key=lambda work: (work.kind, -work.microseconds))


def device_table(works: Sequence[DeviceWork], seconds: float, frames: int) -> Table:
    """seconds: of the run. frames: that were measured."""
    table = Table("kind", "what", "calls", "ms", "of the run", "us a frame", "TFLOP/s", title="on the GPU")
    for column in table.columns[2:]:
        column.justify = "right"
    for kind in ("kernel", "operator"):
        for work in [work for work in works if work.kind == kind][:MOST]:
            spent = work.microseconds
            rate = f"{1e3 * work.gflop / spent:.1f}" if work.gflop else ""
            share = f"{spent / 1e6 / seconds:.1%}"
            figures = str(work.calls), f"{spent / 1e3:.1f}", share, f"{spent / max(frames, 1):.1f}", rate
            table.add_row(kind, work.name[:60], *figures)
        table.add_section()
    return table


def write_kernel_trace(profiler: Any, path: Path) -> None:
    """The Trace Event Format, for Perfetto."""
    profiler.export_chrome_trace(str(path))
