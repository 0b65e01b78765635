"""The operating points as a table on a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console
from rich.table import Table

from ahc_stream import tables
from ahc_stream.report.points import operating_points

DIGITS = {"bpp": 3, "mse": 2, "mae": 2, "psnr": 2, "ssim": 4, "ms_ssim": 4, "vif": 4, "encode_fps": 1, "decode_fps": 1}


def print_report(folder: Path, console: Console) -> None:
    """Prints the table per operating point, the options of each codec, and what failed."""
    points = operating_points(folder)
    failures = tables.read(folder, "failures").num_rows
    console.print(_table(points))
    for line in _notes(points):
        console.print(line, style="dim", highlight=False)
    if failures:
        console.print(f"{failures} items failed and are in no number above: see {folder}/failures", style="bold red")


def _table(points: pa.Table) -> Table:
    shown = [name for name in points.column_names if name in DIGITS or _is_headline(name)]
    table = Table()
    for name in ("codec", "quality", "frames"):
        table.add_column(name, no_wrap=True)
    for name in shown:
        table.add_column(name.replace("_change", " ±").replace("detection_", ""), justify="right")
    for row in points.to_pylist():
        quality = "" if row["quality"] is None else f"{row['quality']:g}"
        table.add_row(row["codec"], quality, str(row["frames"]), *(_text(name, row[name]) for name in shown))
    return table


def _is_headline(name: str) -> bool:
    """Of the many scores of a task, those that everybody quotes, with their change."""
    return name.removesuffix("_change").endswith(("_mAP", "_AP50"))


def _text(name: str, value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:+.4f}" if name.endswith("_change") else f"{value:.{DIGITS.get(name, 4)}f}"


def _notes(points: pa.Table) -> list[str]:
    rows = points.to_pylist()
    options = dict.fromkeys(f"{row['codec']}: {row['options']}" for row in rows if row["options"])
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
    return [*options, *gaps, "bpp: payload bits per true pixel; ±: change against identity, the uncompressed original"]
