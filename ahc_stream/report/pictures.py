"""Pairs of original and decoded frames that are worth a look, small enough to stand in a page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from PIL import Image

from ahc_stream import tables, tasks
from ahc_stream.report.analysis import Analysis, Dot
from ahc_stream.report.groups import unit_changes
from ahc_stream.report.overlays import SAID, TRUE, Shape
from ahc_stream.report.rows import where
from ahc_stream.report.scores import ORIGINAL
from ahc_stream.runs import RunReader

LONGEST = 1280
"""Pixels of the longer side in the page; larger frames are scaled down, and the page says so."""
QUALITY = 90  # of WebP: what it loses itself is far below what the codecs do at the rates one looks at
MEDIANS = 2
"""Of the pairs of a task, so many are middling ones: the most changed alone would mislead."""
IDENTITY = {"codec": ORIGINAL, "quality": None, "options": ""}
FIRE = np.array([(0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)], np.float64)


@dataclass(frozen=True)
class Chosen:
    """A frame at an operating point, and why it was chosen."""

    task: str  # empty: by a metric
    dot: Dot
    item: str
    frame: int
    why: str


def pictures(analysis: Analysis, most: int) -> list[dict[str, Any]]:
    """What the page shows of at most `most` frames per task, as JSON can hold it; none where no frames were kept."""
    if most < 1 or not (analysis.folder / "recon").is_dir():
        return []
    shown = [task for task in analysis.tasks if not tasks.find(task).reads]
    chosen = [each for task in shown for each in _by_task(analysis, task, most)] or _by_metric(analysis, most)
    read = cache(analysis.run.table)
    return [picture for each in chosen if (picture := _picture(analysis, each, read))]


def _by_task(analysis: Analysis, task: str, most: int) -> list[Chosen]:
    """The most changed and the median units, at the point where the task's leading score changes most."""
    name = analysis.leading(task).name
    dots = [dot for dot in analysis.dots if name in dot.changes and task in dot.scored]
    if not dots:
        return []
    dot = max(dots, key=lambda each: abs(each.changes[name].value))
    ranked = unit_changes(analysis, task, dot)
    spread = _spread(ranked, most)
    return [
        Chosen(task, dot, unit.item, unit.frame, f"{why}: {unit.outcome} {unit.before:.2f} → {unit.after:.2f}")
        for unit, why in spread
    ]


def _by_metric(analysis: Analysis, most: int) -> list[Chosen]:
    """The worst and the median frames of the lowest rate, by PSNR or the first metric that has a direction."""
    named = [each for each in analysis.quantities if each.higher_is_better is not None]
    metric = next((each for each in named if each.name == "psnr"), named[0] if named else None)
    dots = [dot for dot in analysis.dots if not dot.is_original]
    if metric is None or not dots:
        return []
    dot = min(dots, key=lambda each: each.row["bpp"])
    frames = where(analysis.frames, dot.point)
    order = "ascending" if metric.higher_is_better else "descending"
    rows = frames.filter(pc.is_finite(frames[metric.name])).sort_by([(metric.name, order)]).to_pylist()
    return [
        Chosen(
            "", dot, row["item"], row["frame"], f"{why}: {metric.label} {row[metric.name]:.4g} {metric.unit}".strip()
        )
        for row, why in _spread(rows, most)
    ]


def _spread(ranked: Sequence[Any], most: int) -> list[tuple[Any, str]]:
    """The first of `ranked` and a few from its middle, each once."""
    middling = min(MEDIANS, most // 2)
    first = list(range(min(most - middling, len(ranked))))
    middle = len(ranked) // 2
    rest = [at for at in range(middle, min(middle + middling, len(ranked))) if at not in first]
    named = [*((at, "most changed") for at in first), *((at, "median") for at in rest)]
    return [(ranked[at], why) for at, why in named]


def _picture(analysis: Analysis, chosen: Chosen, read: Callable[[str], pa.Table]) -> dict[str, Any] | None:
    """None where either frame was not kept (a run that was started without --save-recon at first)."""
    before, after = (_frame(analysis.folder, point, chosen) for point in (IDENTITY, chosen.dot.point))
    if before is None or after is None:
        return None
    error, palest = error_map(np.asarray(before), np.asarray(after))
    row = _at(where(analysis.frames, chosen.dot.point), chosen).to_pylist()[0]
    return {
        "task": chosen.task,
        "item": chosen.item,
        "frame": chosen.frame,
        "point": chosen.dot.label,
        "why": chosen.why,
        "bpp": row["payload_bits"] / row["width"] / row["height"],
        "size": [before.width, before.height],
        "before": _embedded(before),
        "after": _embedded(after),
        "error": _embedded(error),
        "palest": palest,
        "shapes": _shapes(read, analysis.run, chosen) if chosen.task else {},
    }


def _frame(folder: Path, point: Mapping[str, Any], chosen: Chosen) -> Image.Image | None:
    path = tables.recon_path(folder, point["codec"], point["quality"], point["options"], chosen.item, chosen.frame)
    return Image.open(path).convert("RGB") if path.is_file() else None


def error_map(before: np.ndarray, after: np.ndarray) -> tuple[Image.Image, float]:
    """The largest absolute difference of the three channels, as a picture from black to pale yellow, and the grey levels
    that are palest: the 99.5th percentile, so that one pixel does not darken the rest."""
    difference = np.abs(before.astype(np.int16) - after).max(axis=2)
    palest = max(float(np.percentile(difference, 99.5)), 1.0)
    share = np.clip(difference / palest, 0, 1)
    stops = np.linspace(0, 1, len(FIRE))
    coloured = np.dstack([np.interp(share, stops, FIRE[:, channel]) for channel in range(3)])
    return Image.fromarray(coloured.astype(np.uint8)), palest


def _embedded(image: Image.Image) -> str:
    """A data URI of at most LONGEST pixels a side."""
    small = image.copy()
    small.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    file = BytesIO()
    small.save(file, format="webp", quality=QUALITY, method=4)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def _shapes(read: Callable[[str], pa.Table], run: RunReader, chosen: Chosen) -> dict[str, list[Shape]]:
    """What the task says of the original ("before") and of the decoded frame ("after"), and the truth, where known."""
    found: dict[str, list[Shape]] = {}
    if chosen.task in SAID:
        rows = _at(read(f"predictions_{chosen.task}"), chosen)
        for which, point in (("before", IDENTITY), ("after", chosen.dot.point)):
            of_point = where(rows, point)
            found[which] = SAID[chosen.task](of_point) if of_point.num_rows else []
    labels = tasks.find(chosen.task).labels or chosen.task
    if labels in TRUE and run.has_labels(labels):
        true = _at(read(f"labels_{labels}"), chosen)
        found["truth"] = TRUE[labels](true) if true.num_rows else []
    return found


def _at(rows: pa.Table, chosen: Chosen) -> pa.Table:
    """The rows of the chosen frame."""
    if not rows.num_rows:
        return rows
    return rows.filter(pc.and_(pc.equal(rows["item"], chosen.item), pc.equal(rows["frame"], chosen.frame)))
