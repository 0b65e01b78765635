"""ahc-stream decode: a coded file into pictures or video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def decode(
    file: Annotated[Path, typer.Argument(help="an .ahc file, or one of CompressAI's codec example")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="x.mkv (FFV1, lossless), x.mp4 (H.264 at CRF 10), x.png, or a folder")
    ],
    weights: Annotated[
        str | None, typer.Option(help="of a learned codec: a file, a folder, or random:SEED; default CompressAI's zoo")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")] = "auto",
    frames: Annotated[
        str | None, typer.Option(help="A:B: frames A to B - 1 only, counted from 0; or one frame")
    ] = None,
    container: Annotated[str, typer.Option(help="auto, ahc or compressai")] = "auto",
    salvage: Annotated[bool, typer.Option("--salvage", help="take an unfinished .ahc file, up to the cut")] = False,
    force: Annotated[bool, typer.Option("--force", help="replace an output that is there")] = False,
) -> None:
    """Decode FILE into a video, a picture, or a folder of PNGs, which appears when it is complete."""
    from ahc_stream.cli.counter import counting
    from ahc_stream.core.cuda import resolve_device
    from ahc_stream.transcode import decode_file

    with counting(f"{file} -> {out}") as told:
        written = decode_file(
            file, out, resolve_device(device), weights=weights, frames=_range(frames), container=container,
            salvage=salvage, force=force, told=told,
        )  # fmt: skip
    print(written)


def _range(text: str | None) -> tuple[int | None, int | None] | None:
    from ahc_stream.core.errors import InvalidValue

    if text is None:
        return None
    start, colon, stop = text.partition(":")
    if any(end and not end.isdecimal() for end in (start, stop)) or not (start or stop):
        raise InvalidValue("--frames as A:B", repr(text), "for instance --frames 100:110")
    if not colon:
        return int(start), int(start) + 1
    return int(start) if start else None, int(stop) if stop else None
