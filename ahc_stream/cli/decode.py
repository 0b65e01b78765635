"""ahc-stream decode: a coded file into pictures or video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.options import Device, Force, MaxPixels, Salvage, Weights, frame_selection


def decode(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="An .ahc file, or a file of CompressAI's codec example.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--out",
            "-o",
            help="Output: x.mkv (FFV1, lossless), x.mp4 (H.264 at CRF 10), x.png, or a folder of PNGs.",
        ),
    ],
    weights: Weights = None,
    device: Device = "auto",
    frames: Annotated[
        str | None,
        typer.Option(
            metavar="A:B",
            help="Frames that are decoded, counted from 0: A to B - 1, or one frame A.",
            show_default="all of them",
        ),
    ] = None,
    container: Annotated[str, typer.Option(help="Format of FILE: ahc, compressai, or auto.")] = "auto",
    salvage: Salvage = False,
    max_pixels: MaxPixels = 100_000_000,
    force: Force = False,
) -> None:
    """Decode FILE into a video, a picture, or a folder of PNGs, which appears when it is complete."""
    from ahc_stream.cli.progress import counting
    from ahc_stream.cli.terminal import say_all
    from ahc_stream.core.cuda import resolve_device
    from ahc_stream.sources import Limits
    from ahc_stream.transcode import decode_file

    computing_on = resolve_device(device)
    selection = frame_selection(frames)
    with counting(f"{file} -> {out}") as count:
        written = decode_file(
            file,
            out,
            computing_on,
            weights=weights,
            frames=selection,
            container=container,
            salvage=salvage,
            limits=Limits(frame_pixels=max_pixels),
            force=force,
            progress=count,
        )
    say_all(written.split("\n"))
