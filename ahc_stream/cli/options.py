"""Options that several commands share: one spelling, one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Device = Annotated[
    str,
    typer.Option(help="Device that computes: cpu, cuda, cuda:N, or auto, which is the GPU where there is one."),
]
Source = Annotated[
    str,
    typer.Option(help="Decoder of the originals: images, pyav, decord, dali, or auto, which chooses by the file."),
]
ReadAs = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Kind of data that lies at the path: yolo, coco, mot, imagefolder, list or files (`ahc-stream list "
        "datasets` says what each looks like).",
        show_default="what it looks like",
    ),
]
Split = Annotated[
    str | None,
    typer.Option(help="Part of data that is split, such as train.", show_default="val, else test, else train"),
]
Labels = Annotated[
    Path | None, typer.Option(help="File of COCO's instances (JSON).", show_default="the one beside the images")
]
Images = Annotated[
    Path | None, typer.Option(help="Folder of the images that the labels list.", show_default="beside the labels")
]
Classes = Annotated[
    Path | None,
    typer.Option(
        help="YAML file of LABEL: MODEL, a line for each class that the labels call otherwise than the model.",
        show_default="the same names",
    ),
]
RawSize = Annotated[
    str | None,
    typer.Option("--size", metavar="WxH", help="Size of raw video (.yuv).", show_default="as its name says"),
]
RawFormat = Annotated[
    str | None,
    typer.Option(
        "--pix-fmt", help="Pixel format of raw video, by FFmpeg's name.", show_default="as its name says, else yuv420p"
    ),
]
RawRate = Annotated[
    float | None,
    typer.Option("--fps", min=0.001, help="Frames per second of raw video.", show_default="as its name says, else 25"),
]
Weights = Annotated[
    str | None,
    typer.Option(
        help="Weights of learned codecs: a file, a folder, or random:SEED.", show_default="CompressAI's model zoo"
    ),
]
Salvage = Annotated[
    bool, typer.Option("--salvage", help="Accept an unfinished .ahc file, and read it up to where it was cut.")
]
Force = Annotated[bool, typer.Option("--force", help="Replace an output that is there already.")]
Track = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TRACKER",
        help="Experiment tracker that is told of the run, its operating points, its manifest and its page: wandb, "
        "mlflow or tensorboard, each an extra of that name. Repeat it for more trackers. One that fails does not end "
        "the run.",
    ),
]
JsonAtTheEnd = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout at the end.")]

MaxPixels = Annotated[
    int, typer.Option(min=1, help="Largest frame or image that is decoded, in pixels; a larger one is a failure.")
]
Isolate = Annotated[
    bool,
    typer.Option(
        "--isolate",
        help="Decode originals on the CPU in a process of its own, with limits of time and memory: for files of "
        "strangers.",
    ),
]

Reference = Annotated[
    str,
    typer.Option(
        help="What tasks are scored against: labels (the dataset's), original (the task's own predictions on the "
        "uncompressed original), or auto, which is labels where there are any."
    ),
]
Level = Annotated[
    float,
    typer.Option(help="Confidence level of the intervals; 1 minus it is the significance level of the tests."),
]
Resamples = Annotated[
    int, typer.Option(min=0, help="Number of bootstrap draws over images or videos; 0 leaves intervals out.")
]
Seed = Annotated[int, typer.Option(min=0, help="Seed of the bootstrap's random numbers.")]


def frame_selection(text: str | None) -> tuple[int | None, int | None] | None:
    """First frame and the one behind the last; None for an end that is left open. Raises InvalidValue."""
    from ahc_stream.core.errors import InvalidValue

    if text is None:
        return None
    start, colon, stop = text.partition(":")
    has_number = bool(start or stop)
    are_numbers = all(end.isascii() and end.isdecimal() for end in (start, stop) if end)
    if not (has_number and are_numbers):
        raise InvalidValue("--frames as A:B", repr(text), "for instance --frames 100:110")
    if not colon:
        return int(start), int(start) + 1
    return int(start) if start else None, int(stop) if stop else None
