"""ahc-stream inspect: what a coded file says about itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

COLUMNS = ("frame", "segment", "type", "seconds", "name", "bytes", "offset", "crc", "checksum")


def inspect(
    file: Annotated[Path, typer.Argument(help="an .ahc file, or one of CompressAI's codec example")],
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout")] = False,
    table: Annotated[bool, typer.Option(help="a row per frame")] = True,
    check: Annotated[bool, typer.Option("--check", help="read every byte, and hold it to its CRC")] = False,
    salvage: Annotated[bool, typer.Option("--salvage", help="take an unfinished .ahc file, up to the cut")] = False,
) -> None:
    """Print codec, hashes, geometry, rates and frames of FILE; nothing is decoded, and no weights are needed."""
    from ahc_stream.transcode import facts_of

    facts = facts_of(file, salvage, check)
    if as_json:
        print(json.dumps(facts))
        return
    rows = facts.pop("table")
    sizes = sorted({(row["width"], row["height"]) for row in rows})
    facts["pixels"] = ", ".join(f"{width} x {height}" for width, height in sizes)
    for name, value in facts.items():
        print(f"{name:24} {_text(value)}")
    if table:
        _print_rows(rows)


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return ":".join(f"{name}={each}" for name, each in value.items()) or "none"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _print_rows(rows: list[dict[str, Any]]) -> None:
    """Plain columns: rich draws ten thousand rows slowly, and pipes take these as they are."""
    names = [name for name in COLUMNS if rows and rows[0].get(name) is not None]
    texts = [[_text(row[name]) for name in names] for row in rows]
    widths = [max(map(len, column)) for column in zip(names, *texts, strict=True)]
    for row in [names, *texts]:
        print("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)).rstrip())
