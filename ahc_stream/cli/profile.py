"""ahc-stream run --profile N: where the time of a run goes on this machine, from its first items."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from rich.table import Table

from ahc_stream.core.json_text import json_text
from ahc_stream.core.spans import Timeline, recorded
from ahc_stream.core.wording import counted
from ahc_stream.experiment import Experiment
from ahc_stream.store.atomic import write_bytes

SETTINGS = (
    "OMP_NUM_THREADS", "OMP_WAIT_POLICY", "OMP_PROC_BIND", "KMP_BLOCKTIME", "MKL_NUM_THREADS", "LD_PRELOAD",
    "MALLOC_ARENA_MAX", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES",
    "PYTORCH_CUDA_ALLOC_CONF",
)  # fmt: skip
"""Environment variables that decide about threads and memory."""


def profile(experiment: Experiment, items: int) -> None:
    """Runs the first `items` items twice, the second time with a clock on every part, and prints what took how long.

    No table is written, and nothing that lies in `experiment.out` counts as done. The trace goes beside that folder.
    """
    from ahc_stream.cli.profile_kernels import device_table, device_work, profiled, write_kernel_trace
    from ahc_stream.cli.progress import frames_of, summary
    from ahc_stream.cli.terminal import console
    from ahc_stream.core.threads import limited
    from ahc_stream.core.writable import check_writable
    from ahc_stream.running import Run

    terminal, trace = console(stderr=True), _trace_path(experiment)
    check_writable(trace.parent)
    first = Run(replace(experiment, limit=items, out=None, save_recon=False, engine="line"))
    for line in first.plan.dataset.note_lines:
        terminal.print(line)
    terminal.print(f"profiling {counted(items, 'item')}: once to warm up, once with a clock")
    for _ in frames_of(first, terminal):
        pass
    run, frames, start = Run(first.plan.experiment), 0, time.perf_counter()
    with profiled(run.plan.device) as kernels, recorded() as timeline:
        for measured in frames_of(run, terminal):
            frames = measured
    seconds = time.perf_counter() - start
    out = console()
    out.print(summary(run, frames, seconds))
    out.print(_table(timeline, seconds, frames))
    if kernels is not None:
        out.print(device_table(device_work(kernels), seconds, frames))
        write_kernel_trace(kernels, trace.with_name(f"{trace.stem}-gpu.json"))
    with limited(experiment.threads):  # as the run had them
        for name, value in settings().items():
            out.print(f"{name}: {value}", highlight=False)
    write_bytes(trace, json_text(timeline.trace()).encode())
    out.print(f"trace: {trace}    open it in https://ui.perfetto.dev", highlight=False, soft_wrap=True)


def settings() -> Mapping[str, str]:
    """What decides about threads and memory in this process, by name."""
    import torch

    from ahc_stream.core.threads import budget, processors

    threads = {
        "processors": str(processors()),
        "thread budget": str(budget()),
        "torch": f"{torch.get_num_threads()} threads, {torch.get_num_interop_threads()} between operators",
    }
    return threads | {name: os.environ[name] for name in SETTINGS if name in os.environ}


def _table(timeline: Timeline, seconds: float, frames: int) -> Table:
    table = Table("kind", "what", "calls", "seconds", "of the run", "ms a frame")
    for name in ("calls", "seconds", "of the run", "ms a frame"):
        next(column for column in table.columns if column.header == name).justify = "right"
    kind = ""
    for total in timeline.totals():
        if kind and total.kind != kind:
            table.add_section()
        kind = total.kind
        figures = (
            f"{total.seconds:.3f}",
            f"{total.seconds / seconds:.0%}",
            f"{1000 * total.seconds / max(frames, 1):.2f}",
        )
        table.add_row(total.kind, total.name, str(total.calls), *figures)
    return table


def _trace_path(experiment: Experiment) -> Path:
    out = experiment.out or Path("run")
    return out.with_name(f"{out.name}-profile.json")
