"""What `ahc-stream run` says before its first frame and after its last."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ahc_stream.core.json_text import json_text
from ahc_stream.core.wording import counted

if TYPE_CHECKING:
    from ahc_stream.plan import Plan
    from ahc_stream.running import Run


def announcement(plan: Plan) -> list[str]:
    """What will be run, on what, and the bound on memory; a line for each note on the dataset."""
    name, experiment = plan.dataset.name, plan.experiment
    lines = [*plan.dataset.note_lines]
    if not experiment.clean:
        lines.append(f"{name}: --no-clean: nothing is left out")
    tasks = ", ".join(map(str, plan.tasks)) or "none"
    items, points = counted(len(plan.dataset.names), "item"), counted(len(plan.points), "operating point")
    index, count = experiment.shard
    of_shard = f" of shard {index}/{count}" if count > 1 else ""
    lines.append(f"{name}: {items}{of_shard}, {points}, tasks: {tasks}")
    lines.append(f"device {plan.device}, {plan.lanes}, source {experiment.source}; {bound(plan)}")
    return [*lines, *filter(None, (bound_of_networks(plan), bound_of_gpu(plan)))]


def bound(plan: Plan) -> str:
    """The bound on memory: clips on their way, and frames that encoders hold back."""
    from ahc_stream.codecs.entry import WHOLE_STREAM

    memory = plan.most_alive
    clips = f"{counted(memory['clips'], 'clip')} of {counted(memory['clip_frames'], 'frame')}"
    size = f" and {memory['clip_bytes'] / 1e6:g} MB each"
    frames = "whole streams" if memory["frames"] >= WHOLE_STREAM else counted(memory["frames"], "frame")
    look_ahead = f", and {frames} of encoders' look-ahead" if memory["frames"] else ""
    return f"at most {clips}{size} in memory{look_ahead}"


def bound_of_networks(plan: Plan) -> str | None:
    """What learned codecs take beside that on a CPU; None where there is none."""
    from ahc_stream.codecs.learned.memory import BYTES_PER_PIXEL
    from ahc_stream.core.machine_memory import machine_memory

    if not plan.has_networks or plan.device.type != "cpu":
        return None
    here = machine_memory() / 2**30
    return (
        f"learned codecs take beside that, in each codec lane, up to {BYTES_PER_PIXEL} bytes per pixel of a frame; "
        f"a frame that does not fit into the {here:.0f} GiB here is a failure"
    )


def bound_of_gpu(plan: Plan) -> str | None:
    """What a GPU holds beside the clips, in each lane; None on the CPU."""
    from ahc_stream.codecs.learned import memory, recorded_passes
    from ahc_stream.core.device_memory import HEADROOM
    from ahc_stream.sources import nvdec

    if plan.device.type != "cuda":
        return None
    parts = [f"torch leaves {_gib(HEADROOM)} to kernels and decoders"]
    if plan.has_networks:
        networks = f"{_gib(memory.BUDGET_BYTES)}, or {memory.BYTES_PER_PIXEL} bytes per pixel of one frame"
        parts.append(f"transforms of learned codecs take up to {networks}, in each codec lane")
    if any(dict(point.options).get("arithmetic") == "float64" for point in plan.points):
        kept = f"{_gib(recorded_passes.KEPT_BYTES)}, and {recorded_passes.BYTES_PER_PIXEL} bytes per pixel of a clip"
        parts.append(f"recorded steps of context models up to {kept} filled up to a power of two, in each codec lane")
    if any(item.medium == "video" for item in plan.dataset.items) and plan.experiment.source in ("auto", "dali"):
        decoder = f"{nvdec.SURFACE_BYTES} bytes per pixel of a frame and {nvdec.SEQUENCE_BYTES} per pixel of a clip"
        parts.append(f"NVDEC and DALI {_gib(nvdec.POOL_BYTES)}, {decoder}, in each open lane")
    return f"on the GPU beside the clips: {'; '.join(parts)}"


def _gib(count: int) -> str:
    return f"{count / 2**30:.1f} GiB"


def conclusion(run: Run, frames: int, seconds: float) -> list[str]:
    """What was measured and what failed, and where the tables lie."""
    from ahc_stream.cli.progress import summary

    out = run.plan.experiment.out
    lines = []
    if frames:
        sources = [f"{name} ({counted(count, 'stream')})" for name, count in run.sources.items()]
        lines.append(f"{summary(run, frames, seconds)}; decoded by {', '.join(sources)}")
    elif not run.failures:
        lines.append(_nothing_to_do(run))
    if run.failures:
        lines.append(_failures(run, frames))
    lines += worker_lines(run)
    lines.append(f"tables: {out}    next: ahc-stream report {out}")
    return lines


def worker_lines(run: Run) -> list[str]:
    """Each worker of a cluster with its rate and bottleneck; none in one process."""
    return [
        f"{each['worker']} on {each['node']}: {each['frames_per_second']:.1f} frames/s, bottleneck {each['bottleneck']}"
        for each in run.facts.get("workers", ())
    ]


def _nothing_to_do(run: Run) -> str:
    if not run.plan.dataset.items:
        index, count = run.plan.experiment.shard
        return f"shard {index}/{count} of {run.plan.dataset.name} has no items"
    return "nothing was missing: every row was there already"


def _failures(run: Run, frames: int) -> str:
    """How many items failed, at any operating point, of how many."""
    items = set(run.plan.dataset.names)
    failed = {failure.item for failure in run.failures}
    all_failed = not frames and failed >= items
    subject = "every item" if all_failed else f"{len(failed)} of {counted(len(items), 'item')}"
    return f"{subject} failed; the first: {run.failures[0]}"


def as_json_text(run: Run, frames: int, seconds: float) -> list[str]:
    """The same for a script: one JSON object on one line."""
    facts = {
        "out": str(run.plan.experiment.out),
        "frames": frames,
        "seconds": seconds,
        "failures": len(run.failures),
        "loads": {stage: asdict(load) for stage, load in run.loads.items()},
        **run.facts,
    }
    return [json_text(facts)]
