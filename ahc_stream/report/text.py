"""The operating points as tables on a terminal: rates and metrics, then the scores of each task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from ahc_stream import runs, tasks
from ahc_stream.core.quality import quality_text
from ahc_stream.report import completeness
from ahc_stream.report.points import operating_points
from ahc_stream.report.rows import short_names
from ahc_stream.report.scores import specs_of

DIGITS = {
    "bpp": 3, "bpp_study": 3, "mse": 2, "mae": 2, "psnr": 2, "psnr_yuv_411": 2, "psnr_yuv_611": 2, "psnr_hvs": 2,
    "psnr_hvs_m": 2, "ssim": 4, "ms_ssim": 4, "vif": 4, "ssim_study": 4, "vif_study": 4, "lpips_alex": 4,
    "lpips_vgg": 4, "vmaf": 2, "kbit_s": 1, "encode_fps": 1, "decode_fps": 1,
}  # fmt: skip
"""Columns of the first table, with their decimals."""
STUDY = "bpp_study: the entropy model's estimate per pixel, which the study called bpp; no rate of any file"
AGAINST = {"labels": "the dataset's labels", "original": "its own predictions on the uncompressed original (no labels)"}


def print_report(folder: Path, console: Console, reference: str = "auto") -> None:
    """Prints the tables per operating point, the options of each codec, what tasks are scored against, what failed."""
    points = operating_points(folder, reference)
    run = runs.open(folder)
    console.print(_table(points, [name for name in points.column_names if name in DIGITS]))
    for task, entry in _known().items():
        shown = [name for name in points.column_names if _is_headline(name, task, entry)]
        if shown:
            console.print(_table(points, ["bpp", *shown], f"{task}_"))
    for line in _notes(points):
        console.print(line, style="dim", highlight=False)
    for reason in filter(None, map(tasks.why_unscored, specs_of(run))):
        console.print(f"no scores: {reason}", style="bold", highlight=False)
    for sentence in completeness.warnings(run):
        console.print(sentence, style="bold red", highlight=False)


def _table(points: pa.Table, shown: list[str], task: str = "") -> Table:
    """The columns `shown`, without the prefix `task` in their headings: "detection_mAP_change" is "mAP ±"."""
    table = Table(title=task.removesuffix("_") or None, title_justify="left")
    for name in ("codec", "quality", "frames"):
        table.add_column(name, no_wrap=True)
    for name in shown:
        table.add_column(name.removeprefix(task).replace("_change", " ±"), justify="right")
    rows = points.to_pylist()
    names = short_names(rows)
    for row in rows:
        quality = quality_text(row["quality"], row["options"])
        table.add_row(
            names[row["codec"], row["options"]],
            quality,
            str(row["frames"]),
            *(_text(name, row[name]) for name in shown),
        )
    return table


def _is_headline(name: str, task: str, entry: tasks.Entry) -> bool:
    """Of the many scores of a task, those that everybody quotes, with their change."""
    return any(name.removesuffix("_change") == f"{task}_{score}" for score in entry.headline)


def _known() -> dict[str, tasks.Entry]:
    return tasks.TASKS | tasks.OWN


def _text(name: str, value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return str(value)
    return f"{value:+.4f}" if name.endswith("_change") else f"{value:.{DIGITS.get(name, 4)}f}"


def _notes(points: pa.Table) -> list[str]:
    rows = points.to_pylist()
    names = short_names(rows)
    options = dict.fromkeys(
        f"{names[row['codec'], row['options']]}: {row['options']}" for row in rows if row["options"]
    )
    undefined = {
        name.removesuffix("_undefined"): max(row[name] for row in rows)
        for name in points.column_names
        if name.endswith("_undefined")
    }
    gaps = [
        f"{name} is not defined for {count} frames, which its mean leaves out"
        for name, count in undefined.items()
        if count
    ]
    against = [
        f"{name.removesuffix('_reference')}: scored against {AGAINST[points[name][0].as_py()]}"
        for name in points.column_names
        if name.endswith("_reference")
    ]
    study = [STUDY] if "bpp_study" in points.column_names else []
    return [
        *options,
        *gaps,
        *against,
        *study,
        "bpp: payload bits per true pixel",
        *(["±: change against identity, the uncompressed original"] if _has_changes(points) else []),
    ]


def _has_changes(points: pa.Table) -> bool:
    return any(name.endswith("_change") for name in points.column_names)
