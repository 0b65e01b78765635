"""ahc-stream encode: pictures or video into one coded file."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ahc_stream.cli.options import Device, Force, Isolate, JsonAtTheEnd, MaxPixels, Source, Weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ahc_stream.core.clip import Item
    from ahc_stream.core.point import OperatingPoint
    from ahc_stream.transcode import Encoded


def encode(
    media: Annotated[
        str, typer.Argument(metavar="INPUT", help="A picture, a video, a folder of pictures, or a dataset's name.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="The coded file.")],
    codec: Annotated[str, typer.Option("--codec", "-c", help="One operating point, such as ssf2020@4 or h264@23.")],
    weights: Weights = None,
    device: Device = "auto",
    source: Source = "auto",
    fps: Annotated[
        str | None,
        typer.Option(
            help="Frames per second, such as 25 or 30000/1001: the pictures of a folder, sorted by name, are then "
            "coded as one video."
        ),
    ] = None,
    container: Annotated[
        str, typer.Option(help="Format of the file: ahc, or compressai, the format of CompressAI's codec example.")
    ] = "ahc",
    force: Force = False,
    max_pixels: MaxPixels = 100_000_000,
    isolate: Isolate = False,
    as_json: JsonAtTheEnd = False,
) -> None:
    """Encode INPUT into one file, which appears when it is complete."""
    from ahc_stream import datasets
    from ahc_stream.cli.progress import counting
    from ahc_stream.cli.terminal import say_all
    from ahc_stream.core.cuda import resolve_device
    from ahc_stream.sources import Limits
    from ahc_stream.transcode import encode_items

    computing_on = resolve_device(device)
    (point, own_weights), dataset = _point(codec, weights), datasets.load(media)
    items = _items(dataset.items, media, fps)
    say_all(dataset.note_lines, stderr=True)
    start = time.monotonic()
    with counting(f"{point} -> {out}") as count:
        encoded = encode_items(
            items,
            point,
            out,
            computing_on,
            weights=own_weights,
            source=source,
            container=container,
            force=force,
            limits=Limits(frame_pixels=max_pixels),
            isolate=isolate,
            progress=count,
        )
    encoded = replace(encoded, notes=(*dataset.notes, *encoded.notes)) if as_json else encoded
    _conclude(out, point, encoded, time.monotonic() - start, as_json)


def _conclude(out: Path, point: OperatingPoint, encoded: Encoded, seconds: float, as_json: bool) -> None:
    from ahc_stream.cli.terminal import say, say_all
    from ahc_stream.core.json_text import json_text
    from ahc_stream.core.wording import counted

    if as_json:
        say(json_text({"out": str(out), "codec": str(point), "seconds": seconds, **asdict(encoded)}))
        return
    payload_bpp = 8 * encoded.payload_bytes / encoded.pixels
    file_bpp = 8 * encoded.file_bytes / encoded.pixels
    say(
        f"{out}: {counted(encoded.frames, 'frame')}, {counted(encoded.file_bytes, 'byte')}; "
        f"{payload_bpp:.4f} bpp payload, {file_bpp:.4f} bpp with framing; "
        f"{seconds:.1f} s, {encoded.frames / seconds:.1f} frames/s"
    )
    say_all(f"note: {note}" for note in encoded.notes)


def _point(text: str, weights: str | None) -> tuple[OperatingPoint, str | None]:
    """The operating point, and the weights that it is made with: its own, else those of --weights."""
    from ahc_stream import codecs
    from ahc_stream.core.errors import InvalidValue

    points = codecs.parse(text)
    if len(points) != 1:
        raise InvalidValue("one operating point", f"{len(points)} in {text!r}", f"for instance --codec {points[0]}")
    (point,) = points
    if not codecs.in_files(point.codec):
        todo = "take a codec of the table, or one of an installed package"
        raise InvalidValue("a codec that a decoder finds by its name", f"code of one's own, {point.codec}", todo)
    return codecs.settled(point, weights)


def _items(items: Sequence[Item], media: str, fps: str | None) -> Sequence[Item]:
    """What goes into the file: the items, or with --fps their pictures as one video."""
    from ahc_stream.core.clip import Item
    from ahc_stream.core.errors import InvalidValue

    if fps is None:
        return items
    rate = _rate(fps)
    if rate is None or any(item.medium != "stills" for item in items):
        raise InvalidValue("--fps of a folder of pictures, such as 25 or 30000/1001", f"{fps} for {media}", "change it")
    paths = tuple(path for item in items for path in item.paths)
    return [Item(items[0].dataset, Path(media).absolute().name, "sequence", paths, frames_per_second=rate)]


def _rate(fps: str) -> float | None:
    """Frames per second; None where the text is no positive rate."""
    from fractions import Fraction

    try:
        rate = Fraction(fps)
    except (ValueError, ZeroDivisionError):
        return None
    return float(rate) if rate > 0 else None
