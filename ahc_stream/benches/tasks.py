"""Tasks over frames that are on the device already: frames per second of detection and of HED."""

from __future__ import annotations

from typing import Any

from ahc_stream import tasks
from ahc_stream.benches.material import video
from ahc_stream.benches.row import Row
from ahc_stream.benches.size import Size
from ahc_stream.benches.timing import finished, median_seconds

TARGETS = {"detection": 2000, "edges": 150}
"""Frames per second of Full HD on an H200."""


def detection(size: Size) -> list[Row]:
    """The dataset presets' network, with suppression."""
    return _frames("detection", size)


def hed(size: Size) -> list[Row]:
    """HED."""
    return _frames("edges", size)


PARTS = (detection, hed)


def _frames(name: str, size: Size) -> list[Row]:
    clip = video(size.pairs, size.height, size.width, size.device)
    task: Any = tasks.make(tasks.parse(name), size.device)
    works = {"ours": finished(size.device, lambda: task.predict(clip))}
    seconds = median_seconds(works, size.rounds)["ours"]
    target = TARGETS[name] if size.device.type == "cuda" else None
    what = f"{name}, frames of {size.of_frames}"
    return [Row(what, "frames/s", len(clip) / seconds, higher_is_better=True, target=target)]
