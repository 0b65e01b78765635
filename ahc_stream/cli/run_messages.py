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
    from ahc_stream.codecs.entry import WHOLE_STREAM
    from ahc_stream.codecs.learned.memory import BYTES_PER_PIXEL
    from ahc_stream.core.machine_memory import machine_memory

    name, experiment, memory = plan.dataset.name, plan.experiment, plan.most_alive
    lines = [*plan.dataset.note_lines]
    if not experiment.clean:
        lines.append(f"{name}: --no-clean: nothing is left out")
    tasks = ", ".join(map(str, plan.tasks)) or "none"
    items, points = counted(len(plan.dataset.names), "item"), counted(len(plan.points), "operating point")
    lines.append(f"{name}: {items}, {points}, tasks: {tasks}")
    clips = f"{counted(memory['clips'], 'clip')} of {counted(memory['clip_frames'], 'frame')}"
    size = f" and {memory['clip_bytes'] / 1e6:g} MB each"
    frames = "whole streams" if memory["frames"] >= WHOLE_STREAM else counted(memory["frames"], "frame")
    look_ahead = f", and {frames} of encoders' look-ahead" if memory["frames"] else ""
    lines.append(
        f"device {plan.device}, {plan.lanes}, source {experiment.source}; at most {clips}{size} in memory{look_ahead}"
    )
    if plan.has_networks and plan.device.type == "cpu":
        here = machine_memory() / 2**30
        lines.append(
            f"learned codecs take beside that, in each codec lane, up to {BYTES_PER_PIXEL} bytes per pixel of a frame; "
            f"a frame that does not fit into the {here:.0f} GiB here is a failure"
        )
    return lines


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
    lines.append(f"tables: {out}    next: ahc-stream report {out}")
    return lines


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
    }
    return [json_text(facts)]
