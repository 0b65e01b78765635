"""ahc-stream inspect: what a coded file says about itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from ahc_stream.cli.options import MaxPixels, Salvage
from ahc_stream.cli.terminal import say
from ahc_stream.core.file_names import readable

COLUMNS = ("frame", "segment", "type", "seconds", "name", "bytes", "offset", "crc", "checksum")


def inspect(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An .ahc file, or a file of CompressAI's codec example.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
    table: Annotated[bool, typer.Option("--table/--no-table", help="Print a row per frame, or leave them out.")] = True,
    check: Annotated[bool, typer.Option("--check", help="Read every byte, and compare it with its CRC.")] = False,
    salvage: Salvage = False,
    max_pixels: MaxPixels = 100_000_000,
) -> None:
    """Print codec, hashes, geometry, rates and frames of FILE; nothing is decoded, and no weights are needed."""
    from ahc_stream.core.json_text import json_text
    from ahc_stream.sources import Limits
    from ahc_stream.transcode import facts_of

    facts = facts_of(file, salvage, check, Limits(frame_pixels=max_pixels))
    if as_json:
        say(json_text(facts))
        return
    rows = facts.pop("table")
    sizes = sorted({(row["width"], row["height"]) for row in rows})
    facts["pixels"] = ", ".join(f"{width} x {height}" for width, height in sizes)
    notes = facts.pop("notes", [])
    for name, value in [*facts.items(), *(("note", note) for note in notes)]:
        say(f"{name:24} {_text(value)}")
    if table:
        _print_rows(rows)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        options = [f"{name}={option}" for name, option in value.items()]
        return ":".join(options) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Plain columns: rich draws ten thousand rows slowly, and pipes take these as they are."""
    if not rows:
        return
    names = [name for name in COLUMNS if rows[0].get(name) is not None]
    lines = [names, *([readable(_text(row[name])) for name in names] for row in rows)]
    columns = zip(*lines, strict=True)
    widths = [max(map(len, column)) for column in columns]
    for line in lines:
        cells = [text.rjust(width) for text, width in zip(line, widths, strict=True)]
        say("  ".join(cells).rstrip())
