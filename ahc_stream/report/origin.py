"""Where a run's numbers come from, and where its time went: what its manifest says, for people."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any

import pyarrow as pa

from ahc_stream.experiment import Experiment

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

ELSEWHERE = ("out", "shard", "limit", "device", "lanes", "depth", "max_failures", "flush_seconds")
"""Flags that move no row, or that the command tells on its own terms."""
MANY = {"codecs": "--codec", "tasks": "--task", "metrics": "--metric"}


def command(manifest: Mapping[str, Any]) -> str:
    """The command that repeats the run on all its items, shell-quoted. Paths are as they were on its machine."""
    ask = manifest["experiment"]
    words = ["ahc-stream", "run", ask["dataset"]]
    for field in fields(Experiment):
        value = ask.get(field.name)
        default = None if field.default is MISSING else field.default
        if field.name in MANY:
            words += [word for text in value or () for word in (MANY[field.name], text)]
            words += ["--no-task"] if field.name == "tasks" and not value else []
        elif field.name not in (*ELSEWHERE, "dataset") and value not in (None, default):
            words += _flag(field.name, value)
    words += ["--limit", str(ask["limit"])] if ask.get("limit") is not None else []
    return shlex.join([*words, "--out", ask["out"] or "OUT"])


def _flag(name: str, value: Any) -> list[str]:
    flag = name.replace("_", "-")
    return [f"--{'' if value else 'no-'}{flag}"] if isinstance(value, bool) else [f"--{flag}", str(value)]


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
    seconds = {f"{what}_seconds": load[what] for what in ("setup", "busy", "starved", "blocked")}
    return {"stage": name, "items": int(load["items"]), "busy_share": load["busy"] / total if total else 0.0} | seconds


def bottleneck(table: pa.Table) -> str:
    """One sentence: which stage the others waited for."""
    rows = table.to_pylist()
    if not any(row["busy_seconds"] for row in rows):
        return "No finished start of the run has said where its time went."
    first, *others = sorted(rows, key=lambda row: -row["busy_share"])
    waited = max(others, key=lambda row: row["starved_seconds"] + row["blocked_seconds"], default=None)
    said = f"The bottleneck is {first['stage']}: it was busy {first['busy_share']:.0%} of the time"
    if waited is None:
        return f"{said}."
    how = "starved" if waited["starved_seconds"] > waited["blocked_seconds"] else "blocked"
    return f"{said}, while {waited['stage']} was {how} for {waited[f'{how}_seconds']:.0f} s."


def memory(starts: Sequence[Mapping[str, Any]]) -> str:
    """One sentence: the bound on what is alive at once in the latest start, and its peak where it was recorded."""
    start = starts[-1]
    bound, peak = start["most_alive"], start.get("peak_memory_gib")
    clips, clip_frames, held = (bound.get(name) for name in ("clips", "clip_frames", "frames"))
    said = [f"At most {clips} clips of {clip_frames} frames were on their way at once"] if clips and clip_frames else []
    said += [f"encoders held back {held} frames at most"] if held else []
    said += [f"the process held {peak:g} GiB at its peak (GPU memory not counted)"] if peak else []
    return "; ".join(said) + "." if said else "The run did not record its memory."
