"""Pairs of original and decoded frames that are worth a look, small enough to stand in a page."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from PIL import Image

from ahc_stream import tables, tasks
from ahc_stream.core.threads import spread
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.dot import Dot
from ahc_stream.report.groups import unit_changes
from ahc_stream.report.overlays import Overlays, overlays
from ahc_stream.report.picture_views import views_of
from ahc_stream.runs.points import Point, where
from ahc_stream.store.folders import Folder
from ahc_stream.tallies import ORIGINAL

LONGEST = 1280
"""Pixels of the longer side in the page; larger frames are scaled down, and the page says so."""
QUALITY = 90  # of WebP: what it loses itself is far below what the codecs do at the rates one looks at
ERROR_QUALITY = 50
"""Of error maps, which are noise to a codec: at QUALITY they were three quarters of the page."""
EFFORT = 2
"""Of WebP, 0 to 6: half the time of 4 for 1 % more bytes, on frames of MOT17."""
MEDIANS = 2
"""Of the pairs of a task, so many are middling ones: the most changed alone would mislead."""
IDENTITY: Point = {"codec": ORIGINAL, "quality": None, "options": ""}
FIRE = np.array([(0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)], np.float64)

Pixels = NDArray[np.uint8]
Ranked = TypeVar("Ranked")


@dataclass(frozen=True)
class FramePair:
    """A frame at an operating point, to be shown beside the original, and the reason."""

    task: str  # empty: by a metric
    dot: Dot
    item: str
    frame: int
    reason: str

    def rows(self, table: pa.Table) -> pa.Table:
        """Those of a table that are of this frame."""
        if not table.num_rows:
            return table
        is_item, is_frame = pc.equal(table["item"], self.item), pc.equal(table["frame"], self.frame)
        return table.filter(pc.and_(is_item, is_frame))


def pictures(analysis: Analysis, most: int) -> list[dict[str, Any]]:
    """What the page shows of at most `most` frames per task, as JSON can hold it; none where no frames were kept."""
    if most < 1 or not (analysis.folder / "recon").is_dir():
        return []
    predicting = [task for task in analysis.tasks if not tasks.find(task).reads]
    pairs = [pair for task in predicting for pair in _by_task(analysis, task, most)] or _by_metric(analysis, most)
    read = cache(analysis.run.table)
    shown = spread(lambda pair: _picture(analysis, pair, read), pairs)
    return [picture for picture in shown if picture]


def _by_task(analysis: Analysis, task: str, most: int) -> list[FramePair]:
    """The most changed and the median units, at the point where the task's leading score changes most."""
    score = analysis.leading_score(task)
    dots = [dot for dot in analysis.dots if score and score.name in dot.changes and task in dot.scored]
    if score is None or not dots:
        return []
    dot = max(dots, key=lambda point: abs(point.changes[score.name].value))
    pairs = []
    for unit, rank in _spread(unit_changes(analysis, task, dot), most):
        reason = f"{rank}: {unit.outcome} {unit.before:.2f} → {unit.after:.2f}"
        pairs.append(FramePair(task, dot, unit.item, unit.frame, reason))
    return pairs


def _by_metric(analysis: Analysis, most: int) -> list[FramePair]:
    """The worst and the median frames of the lowest rate, by the run's leading metric."""
    metric = analysis.leading_metric
    dots = [dot for dot in analysis.dots if not dot.is_original]
    if metric is None or not dots:
        return []
    dot = min(dots, key=lambda point: point.bpp)
    frames = where(analysis.frames, dot.point)
    order = "ascending" if metric.higher_is_better else "descending"
    worst_first = frames.filter(pc.is_finite(frames[metric.name])).sort_by([(metric.name, order)])
    pairs = []
    for row, rank in _spread(worst_first.to_pylist(), most):
        reason = f"{rank}: {metric.label} {row[metric.name]:.4g} {metric.unit}".strip()
        pairs.append(FramePair("", dot, row["item"], row["frame"], reason))
    return pairs


def _spread(ranked: Sequence[Ranked], most: int) -> list[tuple[Ranked, str]]:
    """The first of `ranked` and a few from its middle, each once."""
    medians = min(MEDIANS, most // 2)
    first = range(min(most - medians, len(ranked)))
    middle = len(ranked) // 2
    rest = [number for number in range(middle, min(middle + medians, len(ranked))) if number not in first]
    named = [*((number, "most changed") for number in first), *((number, "median") for number in rest)]
    return [(ranked[number], rank) for number, rank in named]


def _picture(analysis: Analysis, pair: FramePair, read: Callable[[str], pa.Table]) -> dict[str, Any] | None:
    """None where either frame was not kept (a run that was started without --save-recon at first). others: the same
    frame at other points, see `views_of`."""
    before = _frame(analysis.folder, IDENTITY, pair)
    if before is None:
        return None
    dots = views_of(analysis.dots, pair.dot)
    shown, *others = (_view(analysis, replace(pair, dot=dot), before, read) for dot in dots)
    if shown is None:
        return None
    return shown | {
        "task": pair.task,
        "item": pair.item,
        "frame": pair.frame,
        "why": pair.reason,
        "size": [before.width, before.height],
        "before": _embedded(before),
        "others": [view for view in others if view],
    }


def _view(
    analysis: Analysis, pair: FramePair, before: Image.Image, read: Callable[[str], pa.Table]
) -> dict[str, Any] | None:
    """The frame as it is decoded at one operating point; None where the run has no such frame."""
    after, rows = _frame(analysis.folder, pair.dot.point, pair), pair.rows(where(analysis.frames, pair.dot.point))
    if after is None or not rows.num_rows:
        return None
    error, palest = error_map(np.asarray(before), np.asarray(after))
    row = rows.to_pylist()[0]
    return {
        "point": pair.dot.label,
        "codec": str(pair.dot.point["codec"]),
        "bpp": row["payload_bits"] / row["width"] / row["height"],
        "point_bpp": pair.dot.bpp,
        "after": _embedded(after),
        "error": _embedded(error, ERROR_QUALITY),
        "palest": palest,
        "shapes": _overlays(analysis, pair, read) if pair.task else {},
    }


def _frame(folder: Folder, point: Mapping[str, Any], pair: FramePair) -> Image.Image | None:
    path = tables.recon_path(folder, point["codec"], point["quality"], point["options"], pair.item, pair.frame)
    return Image.open(BytesIO(path.read_bytes())).convert("RGB") if path.is_file() else None


def _overlays(analysis: Analysis, pair: FramePair, read: Callable[[str], pa.Table]) -> Overlays:
    """What the task predicts on the original and on the decoded frame, and the labels, where these are known."""
    predictions = pair.rows(read(f"{tables.PREDICTIONS}{pair.task}"))
    label_name = tasks.find(pair.task).labels or pair.task
    labels = pair.rows(read(f"{tables.LABELS}{label_name}")) if analysis.run.has_labels(label_name) else None
    return overlays(pair.task, where(predictions, IDENTITY), where(predictions, pair.dot.point), labels)


def error_map(before: Pixels, after: Pixels) -> tuple[Image.Image, float]:
    """The largest absolute difference of the three channels, as a picture from black to pale yellow, and the grey
    levels that are palest: the 99.5th percentile, so that one pixel does not darken the rest.

    before, after:  uint8 [H, W, 3].
    """
    apart = np.maximum(before, after) - np.minimum(before, after)  # of unsigned samples: no sign, no overflow
    difference = np.maximum.reduce([apart[..., channel] for channel in range(3)])
    palest = max(float(np.percentile(difference, 99.5)), 1.0)
    level = np.arange(256)  # a difference of 8-bit samples has no other
    stops = np.linspace(0, 1, len(FIRE)) * palest
    colours = np.stack([np.interp(level, stops, FIRE[:, channel]) for channel in range(3)], axis=1)
    return Image.fromarray(colours.astype(np.uint8)[difference]), palest


def _embedded(image: Image.Image, quality: int = QUALITY) -> str:
    """A data URI of at most LONGEST pixels a side."""
    small = image.copy()
    small.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
    file = BytesIO()
    small.save(file, format="webp", quality=quality, method=EFFORT)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()
