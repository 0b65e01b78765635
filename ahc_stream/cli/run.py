"""ahc-stream run: an experiment from its flags to its tables."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.options import (
    Classes,
    Device,
    Images,
    Isolate,
    JsonAtTheEnd,
    Labels,
    MaxPixels,
    RawFormat,
    RawRate,
    RawSize,
    ReadAs,
    Source,
    Split,
    Track,
    Weights,
    frame_selection,
)


def run(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="Name of a dataset (see `ahc-stream list datasets`), or a folder or a file: images, videos, "
            "ultralytics' data.yaml, COCO's JSON, a tree of class folders, a MOTChallenge tree, a list of paths.",
        ),
    ],
    codec: Annotated[
        list[str] | None,
        typer.Option(
            "--codec",
            "-c",
            help="Codec, qualities and options of a curve, such as jpeg, h264@23,33 or h265@22..37..5:preset=fast. "
            "Repeat it for more codecs; one at least is needed. Of your own: path/to/file.py:Name@1,2 or "
            "package.module:Name, which is run because you name it. Weights of your own: "
            "mbt2018-mean:weights=FILE:label=NAME, or @1..8:weights=FOLDER, where the file of quality Q is "
            "CODEC-Q-mse.pth.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder that the tables are written to.", show_default="runs/DATASET")
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            "-t",
            help="Vision task that looks at the decoded frames, such as detection:model=yolov5s, or of your own "
            "path/to/file.py:Name, which is run because you name it. Repeat it for more tasks.",
            show_default="the dataset's own tasks",
        ),
    ] = None,
    no_task: Annotated[bool, typer.Option("--no-task", help="Run no task, and measure metrics only.")] = False,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="Quality metric, such as vmaf, or of your own path/to/file.py:name, which is run because you name it. "
            "Repeat it for more metrics.",
            show_default="those of --metric-profile",
        ),
    ] = None,
    metric_profile: Annotated[
        str,
        typer.Option(
            help="Set of metrics: standard, or study, which adds SSIM, VIF and bpp as the study that this project "
            "grew from computed them, under names of their own (docs/metrics.md)."
        ),
    ] = "standard",
    root: Annotated[
        Path | None,
        typer.Option(help="Folder that the dataset lies in.", show_default="under AHC_STREAM_HOME or AHC_STREAM_PATH"),
    ] = None,
    read_as: ReadAs = None,
    split: Split = None,
    labels: Labels = None,
    images: Images = None,
    classes: Classes = None,
    size: RawSize = None,
    pix_fmt: RawFormat = None,
    fps: RawRate = None,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean/--no-clean",
            help="Leave out images whose copies would spoil a score, of datasets that are known to have such (isic).",
        ),
    ] = True,
    weights: Weights = None,
    entropy: Annotated[
        str, typer.Option(help="Range coder of learned codecs: native or compressai. Both write the same bytes.")
    ] = "native",
    device: Device = "auto",
    source: Source = "auto",
    clip_frames: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Most frames that travel through the line together. No number depends on it.",
            show_default="16",
        ),
    ] = None,
    clip_megabytes: Annotated[
        int,
        typer.Option(
            min=1,
            help="Most memory that these frames take, in MB: of large frames fewer travel together. No number depends "
            "on it.",
        ),
    ] = 256,
    threads: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Threads of the whole process, for all but encoders in FFmpeg, whose threads are an option of the "
            "codec.",
            show_default="all processors",
        ),
    ] = None,
    lanes: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Worker threads (lanes) of each stage.",
            show_default="3 with a GPU; 1 on the CPU, and more encoders of video on more than 7 threads",
        ),
    ] = None,
    depth: Annotated[int, typer.Option(min=1, help="Clips that may wait between two stages.")] = 2,
    frame_range: Annotated[
        str | None,
        typer.Option(
            "--frames",
            metavar="A:B",
            help="Frames of each video and sequence that are run, counted from 0: A to B - 1, or one frame A.",
            show_default="all of them",
        ),
    ] = None,
    every: Annotated[
        int, typer.Option(min=1, metavar="N", help="Run every N-th frame of those, and every N-th image.")
    ] = 1,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Number of images, videos or sequences, the first ones, that are run.", show_default="all"
        ),
    ] = None,
    shard: Annotated[
        str,
        typer.Option(
            metavar="I/N",
            help="Part of the data: every N-th image, video or sequence from the I-th on, counted from 0.",
        ),
    ] = "0/1",
    max_failures: Annotated[
        int, typer.Option(min=0, help="Number of items that may fail; one more stops the run.")
    ] = 10,
    flush_seconds: Annotated[float, typer.Option(help="Seconds after which finished rows are committed.")] = 10.0,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash the data's files whole, and not their ends only.")
    ] = False,
    max_pixels: MaxPixels = 100_000_000,
    isolate: Isolate = False,
    save_recon: Annotated[
        bool, typer.Option("--save-recon", help="Keep decoded frames as PNG: the report then shows pictures.")
    ] = False,
    profile_items: Annotated[
        int | None,
        typer.Option(
            "--profile",
            min=1,
            metavar="N",
            help="Run the first N items only, write no tables, and print where their time went: seconds of each stage, "
            "codec, metric and task, and the settings of threads and memory. A trace for Perfetto goes beside --out.",
        ),
    ] = None,
    track: Track = None,
    as_json: JsonAtTheEnd = False,
) -> None:
    """Stream DATASET through codecs, metrics and tasks, into Parquet tables under --out.

    Started again with the same --out, it does only what is missing.
    """
    from ahc_stream.cli.exits import Exit
    from ahc_stream.cli.progress import frames_of
    from ahc_stream.cli.run_messages import announcement, as_json_text, conclusion
    from ahc_stream.cli.terminal import console, say_all
    from ahc_stream.core.errors import InvalidValue
    from ahc_stream.experiment import Experiment
    from ahc_stream.running import Run
    from ahc_stream.trackers.telling import Trackers

    if not codec:
        todo = "for instance --codec h264@23,33,43; see `ahc-stream list codecs`"
        raise InvalidValue("at least one --codec", "none", todo)
    if task and no_task:
        raise InvalidValue("--task or --no-task", "both", "leave one of them out")
    experiment = Experiment(
        dataset=dataset,
        codecs=tuple(codec),
        out=out or default_out(dataset),
        tasks=() if no_task else tuple(task) if task else None,
        metrics=tuple(metric) if metric else None,
        metric_profile=metric_profile,
        root=root,
        read_as=read_as,
        split=split,
        labels=labels,
        images=images,
        classes=classes,
        size=size,
        pix_fmt=pix_fmt,
        fps=fps,
        clean=clean,
        weights=weights,
        entropy=entropy,
        device=device,
        source=source,
        clip_frames=clip_frames or 0,
        clip_megabytes=clip_megabytes,
        threads=threads or 0,
        lanes=lanes or 0,
        depth=depth,
        frames=_frames(frame_range),
        every=every,
        limit=limit,
        shard=_shard(shard),
        max_failures=max_failures,
        flush_seconds=flush_seconds,
        verify=verify,
        max_pixels=max_pixels,
        isolate=isolate,
        save_recon=save_recon,
    )
    if profile_items:
        from ahc_stream.cli.profile import profile

        profile(experiment, profile_items)
        return
    run_of_experiment = Run(experiment)
    trackers = Trackers(run_of_experiment, track or ())
    terminal = console(stderr=True)
    for line in announcement(run_of_experiment.plan):
        terminal.print(line)
    start, frames = time.monotonic(), 0
    for measured in trackers.told(frames_of(run_of_experiment, terminal)):
        frames = measured
    seconds = time.monotonic() - start
    trackers.conclude()
    for remark in run_of_experiment.remark_lines:
        terminal.print(f"note: {remark}")
    conclude = as_json_text if as_json else conclusion
    say_all(conclude(run_of_experiment, frames, seconds))
    if run_of_experiment.failures:
        raise typer.Exit(Exit.SOME_FAILED)


def default_out(dataset: str) -> Path:
    """A folder called after the dataset, also where that is "." or ".."."""
    from ahc_stream.datasets import DATASETS, dataset_name

    return Path("runs") / (dataset if dataset in DATASETS else dataset_name(Path(dataset)))


def _frames(text: str | None) -> tuple[int, int | None] | None:
    first, stop = frame_selection(text) or (None, None)
    return None if text is None else (first or 0, stop)


def _shard(text: str) -> tuple[int, int]:
    from ahc_stream.core.errors import InvalidValue

    try:
        index, count = (int(number) for number in text.split("/"))
    except ValueError:
        raise InvalidValue("--shard as I/N", repr(text), "for instance --shard 0/4") from None
    return index, count
