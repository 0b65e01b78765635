"""ahc-stream run: an experiment from its flags to its tables."""

from __future__ import annotations

import inspect
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ahc_stream.cli import complete
from ahc_stream.cli.options import (
    Classes,
    Device,
    Every,
    Images,
    Isolate,
    JsonAtTheEnd,
    Labels,
    Limit,
    MaxPixels,
    Precision,
    RawFormat,
    RawRate,
    RawSize,
    ReadAs,
    Root,
    Source,
    Split,
    Track,
    Weights,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from ahc_stream.engines.ray_actors import Actors
    from ahc_stream.experiment import Experiment


def run(
    dataset: Annotated[
        str | None,
        typer.Argument(
            metavar="DATASET",
            help="Name of a dataset (see `ahc-stream list datasets`), or a folder or a file: images, videos, "
            "ultralytics' data.yaml, COCO's JSON, a tree of class folders, a MOTChallenge tree, a list of paths. Or an "
            "experiment: exp.toml, or the manifest.json of a run, as for --from.",
            show_default=False,
            autocompletion=complete.datasets,
        ),
    ] = None,
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
            autocompletion=complete.codecs,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder that the tables are written to, or a URL such as s3://BUCKET/FOLDER.",
            show_default="runs/DATASET; of exp.toml runs/exp; of a manifest its own folder",
        ),
    ] = None,
    from_file: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Experiment whose settings hold where no flag is given: a .toml file of lines such as "
            'dataset = "kodak", codecs = ["jpeg@10,50"], frames = "0:100" and clean = false, or the manifest.json of a '
            "run. Relative paths in a .toml file are relative to its folder; it may name code, which is run. Those "
            "of a manifest are relative to the folder that the run was started in, and code in it is refused.",
        ),
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(
            "--task",
            "-t",
            help="Vision task that looks at the decoded frames, such as detection:model=yolov5s, or of your own "
            "path/to/file.py:Name, which is run because you name it. Repeat it for more tasks.",
            show_default="the dataset's own tasks",
            autocompletion=complete.tasks,
        ),
    ] = None,
    no_task: Annotated[bool, typer.Option("--no-task", help="Run no task, and measure metrics only.")] = False,
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="Quality metric, such as vmaf, or of your own path/to/file.py:name, which is run because you name it. "
            "Repeat it for more metrics.",
            show_default="those of --metric-profile",
            autocompletion=complete.metrics,
        ),
    ] = None,
    metric_profile: Annotated[
        str,
        typer.Option(
            help="Set of metrics: standard, or study, which adds SSIM, VIF and bpp as the study that this project "
            "grew from computed them, under names of their own (docs/metrics.md)."
        ),
    ] = "standard",
    root: Root = None,
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
    precision: Precision = "float32",
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
    frames: Annotated[
        str | None,
        typer.Option(
            "--frames",
            metavar="A:B",
            help="Frames of each video and sequence that are run, counted from 0: A to B - 1, or one frame A.",
            show_default="all of them",
        ),
    ] = None,
    every: Every = 1,
    limit: Limit = None,
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
        bool, typer.Option("--verify/--no-verify", help="Hash the data's files whole, and not their ends only.")
    ] = False,
    max_pixels: MaxPixels = 100_000_000,
    isolate: Isolate = False,
    save_recon: Annotated[
        bool,
        typer.Option(
            "--save-recon/--no-save-recon", help="Keep decoded frames as PNG: the report then shows pictures."
        ),
    ] = False,
    engine: Annotated[
        str,
        typer.Option(
            help="What runs it: line, in this process, or ray, on workers of a Ray cluster, with the same rows "
            "(docs/scale.md)."
        ),
    ] = "line",
    address: Annotated[
        str | None,
        typer.Option(
            metavar="auto|ray://HOST:PORT", help="Ray's cluster.", show_default="a Ray of this machine, for this run"
        ),
    ] = None,
    workers: Annotated[
        str | None,
        typer.Option(
            metavar="N|MIN..MAX",
            help="Workers of engine ray: it begins with MIN of them, and takes up to MAX as there is room.",
            show_default="as many as there is room for",
        ),
    ] = None,
    gpus_per_worker: Annotated[
        float, typer.Option(min=0.0, help="GPUs that a worker asks for; 0.5 puts two of them on one.")
    ] = 0.0,
    cpus_per_worker: Annotated[
        float, typer.Option(min=0.01, help="Processors that a worker asks for, which are its threads, too.")
    ] = 1.0,
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
    plan: Annotated[
        bool,
        typer.Option(
            "--plan",
            help="Write nothing under --out, and print what the run would do: items, frames, operating points, what is "
            "missing and how it comes here (exit code 2), and, measured on a few frames, time and disk.",
        ),
    ] = False,
    as_json: JsonAtTheEnd = False,
    context: typer.Context = None,  # type: ignore[assignment]  # typer's; a program that calls `run` has none
) -> None:
    """Stream DATASET through codecs, metrics and tasks, into Parquet tables under --out.

    Started again with the same --out, it does only what is missing.
    """
    flags = dict(locals())
    from ahc_stream.cli.exits import Exit
    from ahc_stream.cli.experiment_flags import experiment_of, given
    from ahc_stream.core.errors import InvalidValue

    named = given(flags, context, inspect.signature(run).parameters)
    experiment = experiment_of({name: flags[name] for name in flags if name in named}, from_file)
    if plan and profile_items:
        raise InvalidValue("--plan or --profile", "both", "leave one of them out")
    if plan:
        from ahc_stream.cli.planning import print_forecast

        if not print_forecast(experiment, as_json):
            raise typer.Exit(Exit.WRONG_USE)
    elif profile_items:
        from ahc_stream.cli.profile import profile

        profile(experiment, profile_items)
    else:
        with _workers(experiment) as actors:
            nothing_failed = _run_to_its_end(experiment, as_json, track or (), actors)
        if not nothing_failed:
            raise typer.Exit(Exit.SOME_FAILED)


def _workers(experiment: Experiment) -> AbstractContextManager[Actors | None]:
    """On Ray: they begin before anything of a run is imported."""
    from ahc_stream.experiment import LINE

    if experiment.engine == LINE:
        return nullcontext()
    from ahc_stream.engines.ray_actors import begun_early
    from ahc_stream.engines.workers import Workers

    return begun_early(experiment.address, Workers.of(experiment))


def _run_to_its_end(
    experiment: Experiment, as_json: bool, trackers_named: Sequence[str], actors: Actors | None
) -> bool:
    """Runs it, with progress on the way; whether nothing failed."""
    from ahc_stream.cli.logs import record
    from ahc_stream.cli.progress import frames_of
    from ahc_stream.cli.run_messages import announcement, as_json_text, conclusion
    from ahc_stream.cli.terminal import console, say_all
    from ahc_stream.running import Run
    from ahc_stream.trackers.telling import Trackers

    run_of_experiment = Run(experiment, actors)
    trackers = Trackers(run_of_experiment, trackers_named)
    terminal = console(stderr=True)

    def tell(text: str) -> None:
        terminal.print(text)
        record(text)

    for line in announcement(run_of_experiment.plan):
        tell(line)
    start, frames = time.monotonic(), 0
    for measured in trackers.told(frames_of(run_of_experiment, terminal)):
        frames = measured
    seconds = time.monotonic() - start
    trackers.conclude()
    for remark in run_of_experiment.remark_lines:
        tell(f"note: {remark}")
    concluded = (as_json_text if as_json else conclusion)(run_of_experiment, frames, seconds)
    say_all(concluded)
    record("\n".join(concluded))
    return not run_of_experiment.failures
