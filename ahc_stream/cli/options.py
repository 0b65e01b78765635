"""Options that several commands share: one spelling, one sentence."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Device = Annotated[
    str,
    typer.Option(help="Device that computes: cpu, cuda, cuda:N, or auto, which is the GPU where there is one."),
]
Precision = Annotated[
    str,
    typer.Option(
        help="Arithmetic of a GPU's products of float32: float32, which is exact, or tf32, which rounds to 11 bits and "
        "is faster. Learned codecs take float32 anyway."
    ),
]
Source = Annotated[
    str,
    typer.Option(help="Decoder of the originals: images, pyav, decord, dali, or auto, which chooses by the file."),
]
Root = Annotated[
    Path | None,
    typer.Option(help="Folder that the dataset lies in.", show_default="under AHC_STREAM_HOME or AHC_STREAM_PATH"),
]
Limit = Annotated[
    int | None,
    typer.Option(
        min=1, help="Number of images, videos or sequences, the first ones, that are taken.", show_default="all"
    ),
]
Every = Annotated[int, typer.Option(min=1, metavar="N", help="Take every N-th frame of those, and every N-th image.")]
ReadAs = Annotated[
    str | None,
    typer.Option(
        "--as",
        help="Kind of data that lies at the path: yolo, dota, coco, mot, imagefolder, list or files (`ahc-stream list "
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
        "--isolate/--no-isolate",
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
