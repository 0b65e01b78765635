"""Where a run's numbers come from, and where its time went: what its manifest says, for people."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

import pyarrow as pa

from ahc_stream.core.wording import counted
from ahc_stream.experiment import Experiment
from ahc_stream.experiment_file import FIELDS, SPELLINGS, TEXTS

STAGES = pa.schema(
    [
        ("stage", pa.string()),
        ("items", pa.int64()),
        ("setup_seconds", pa.float64()),
        ("busy_seconds", pa.float64()),
        ("starved_seconds", pa.float64()),
        ("blocked_seconds", pa.float64()),
        ("busy_share", pa.float64()),  # of the time since setup
    ]
)
"""Seconds are summed over the lanes of a stage, over all finished starts and shards of the run."""

ELSEWHERE = ("dataset", "out", "shard", "limit", "device", "lanes", "depth", "max_failures", "flush_seconds")
"""Fields of an experiment that move no row, or that the command has a place of its own for."""
FLAGS = {name: flag for flag, name in SPELLINGS.items()}
"""Field -> its flag, where that is called otherwise."""


def command(manifest: Mapping[str, Any]) -> str:
    """The command that repeats the run on all its items, shell-quoted. Paths are as they were on its machine."""
    experiment = manifest["experiment"]
    words = ["ahc-stream", "run", experiment["dataset"]]
    for field in fields(Experiment):
        value = experiment.get(field.name)
        default = None if field.default is MISSING else field.default
        if FIELDS[field.name] is TEXTS:
            words += _repeated(field.name, value or ())
        elif field.name not in ELSEWHERE and value not in (None, default):
            words += _flag(field.name, value)
    if experiment.get("limit") is not None:
        words += _flag("limit", experiment["limit"])
    return shlex.join([*words, "--out", experiment["out"] or "OUT"])


def _repeated(name: str, values: Sequence[str]) -> list[str]:
    if name == "tasks" and not values:
        return ["--no-task"]
    return [word for value in values for word in (f"--{FLAGS[name]}", value)]


def _flag(name: str, value: object) -> list[str]:
    flag, kind = FLAGS.get(name, name.replace("_", "-")), FIELDS[name]
    if isinstance(value, bool):
        return [f"--{flag}" if value else f"--no-{flag}"]
    try:
        return [f"--{flag}", str(kind.plain(kind.read(value)))]
    except ValueError:  # somebody has changed the manifest: it is shown as it is
        return [f"--{flag}", str(value)]


def stages(starts: Sequence[Mapping[str, Any]]) -> pa.Table:
    """STAGES, in the order of the line; no rows where no start has told of its stages."""
    sums: dict[str, dict[str, float]] = {}
    for start in starts:
        for stage, seconds in start.get("loads", {}).items():
            into = sums.setdefault(stage, dict.fromkeys(seconds, 0))
            for name, value in seconds.items():
                into[name] += value
    rows = [_stage(name, load) for name, load in sums.items()]
    return pa.Table.from_pylist(rows, schema=STAGES)


def _stage(name: str, load: Mapping[str, float]) -> dict[str, Any]:
    total = load["busy"] + load["starved"] + load["blocked"]
    seconds = {f"{state}_seconds": load[state] for state in ("setup", "busy", "starved", "blocked")}
    return {"stage": name, "items": int(load["items"]), "busy_share": load["busy"] / total if total else 0.0} | seconds


def bottleneck(table: pa.Table) -> str:
    """One sentence: which stage the others waited for."""
    rows = table.to_pylist()
    if not any(row["busy_seconds"] for row in rows):
        return "No finished start of the run has recorded where its time went."
    busiest, *others = sorted(rows, key=lambda row: -row["busy_share"])
    sentence = f"The bottleneck is {busiest['stage']}: it was busy {busiest['busy_share']:.0%} of the time"
    idlest = max(others, key=lambda row: row["starved_seconds"] + row["blocked_seconds"], default=None)
    if idlest is None:
        return f"{sentence}."
    state = "starved" if idlest["starved_seconds"] > idlest["blocked_seconds"] else "blocked"
    return f"{sentence}, while {idlest['stage']} was {state} for {idlest[f'{state}_seconds']:.0f} s."


def memory(starts: Sequence[Mapping[str, Any]]) -> str:
    """One sentence: the bound on what is alive at once in the latest start, and its peak where it was recorded."""
    start = starts[-1]
    bound, peak = start["most_alive"], start.get("peak_memory_gib")
    clips, clip_frames, held = (bound.get(name) for name in ("clips", "clip_frames", "frames"))
    parts = []
    if clips and clip_frames:
        sizes = f"{counted(clips, 'clip')} of {counted(clip_frames, 'frame')}"
        if clip_bytes := bound.get("clip_bytes"):
            sizes += f" and {clip_bytes / 1e6:g} MB each"
        verb = "was on its" if clips == 1 else "were on their"
        parts.append(f"At most {sizes} {verb} way at once")
    if held:
        parts.append(f"encoders held back {counted(held, 'frame')} at most")
    if peak:
        parts.append(f"the process held {peak:g} GiB at its peak (GPU memory not counted)")
    return "; ".join(parts) + "." if parts else "The run did not record its memory."
