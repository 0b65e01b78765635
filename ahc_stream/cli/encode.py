"""ahc-stream encode: pictures or video into one coded file."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ahc_stream.core.clip import Item
    from ahc_stream.core.point import OperatingPoint


def encode(
    media: Annotated[str, typer.Argument(metavar="INPUT", help="a picture, video or folder, or a dataset's name")],
    out: Annotated[Path, typer.Option("--out", "-o", help="the coded file")],
    codec: Annotated[str, typer.Option("--codec", "-c", help="one operating point, such as ssf2020@4 or h264@23")],
    weights: Annotated[
        str | None, typer.Option(help="of a learned codec: a file, a folder, or random:SEED; default CompressAI's zoo")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")] = "auto",
    source: Annotated[str, typer.Option(help="auto, images, pyav, decord or dali")] = "auto",
    fps: Annotated[
        str | None,
        typer.Option(help="take a folder's pictures, sorted by name, for a video of that rate: 25, 30000/1001"),
    ] = None,
    container: Annotated[str, typer.Option(help="ahc, or compressai: a file of its codec example")] = "ahc",
    force: Annotated[bool, typer.Option("--force", help="replace an output that is there")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout at the end")] = False,
) -> None:
    """Encode INPUT into one file, which appears when it is complete."""
    from dataclasses import asdict

    from ahc_stream.cli.counter import counting
    from ahc_stream.core.cuda import resolve_device
    from ahc_stream.transcode import encode_items

    point, items, start = _point(codec), _items(media, fps), time.monotonic()
    with counting(f"{point} -> {out}") as told:
        done = encode_items(
            items, point, out, resolve_device(device), weights=weights, source=source, container=container,
            force=force, told=told,
        )  # fmt: skip
    seconds = time.monotonic() - start
    if as_json:
        print(json.dumps({"out": str(out), "codec": str(point), "seconds": seconds, **asdict(done)}))
        return
    payload, file = (8 * size / done.pixels for size in (done.payload_bytes, done.file_bytes))
    print(
        f"{out}: {done.frames} frames, {done.file_bytes} bytes; {payload:.4f} bpp payload, {file:.4f} bpp with framing; "
        f"{seconds:.1f} s, {done.frames / seconds:.1f} frames/s"
    )


def _point(text: str) -> OperatingPoint:
    from ahc_stream import codecs
    from ahc_stream.core.errors import InvalidValue

    points = codecs.parse(text)
    if len(points) != 1:
        raise InvalidValue("one operating point", f"{len(points)} in {text!r}", f"for instance --codec {points[0]}")
    return points[0]


def _items(media: str, fps: str | None) -> Sequence[Item]:
    from fractions import Fraction

    from ahc_stream import datasets
    from ahc_stream.core.clip import Item
    from ahc_stream.core.errors import InvalidValue

    items = datasets.load(media).items
    if fps is None:
        return items
    try:
        rate = Fraction(fps)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if rate <= 0 or any(item.medium != "stills" for item in items):
        raise InvalidValue("--fps of a folder of pictures, such as 25 or 30000/1001", f"{fps} for {media}", "change it")
    paths = tuple(path for item in items for path in item.paths)
    return [Item(items[0].dataset, Path(media).absolute().name, "sequence", paths, frames_per_second=float(rate))]
