"""ahc-stream run: an experiment from its flags to its tables."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer


def run(
    dataset: Annotated[str, typer.Argument(help="a name of `ahc-stream list datasets`, or a folder or file")],
    codec: Annotated[
        list[str] | None,
        typer.Option("--codec", "-c", help="such as jpeg, h264@23,33 or h265@22..37..5:preset=fast; may be repeated"),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="folder of the tables; default runs/DATASET")] = None,
    task: Annotated[
        list[str] | None,
        typer.Option("--task", "-t", help="such as detection:model=yolov5s; may be repeated; default the dataset's"),
    ] = None,
    no_task: Annotated[bool, typer.Option("--no-task", help="no task, metrics only")] = False,
    metric: Annotated[
        list[str] | None, typer.Option(help="such as vmaf; may be repeated; default those of --metric-profile")
    ] = None,
    metric_profile: Annotated[
        str,
        typer.Option(help="standard, or study: SSIM, VIF and bpp as the study computed them, under names of their own"),
    ] = "standard",
    root: Annotated[Path | None, typer.Option(help="where the dataset lies")] = None,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean/--no-clean", help="leave out images that are there twice, where they spoil a score (isic)"
        ),
    ] = True,
    weights: Annotated[
        str | None,
        typer.Option(help="of learned codecs: a file, a folder, or random:SEED; default CompressAI's zoo"),
    ] = None,
    entropy: Annotated[
        str, typer.Option(help="range coder of learned codecs: native or compressai, same bytes")
    ] = "native",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N")] = "auto",
    source: Annotated[str, typer.Option(help="auto, images, pyav, decord or dali")] = "auto",
    clip_frames: Annotated[
        int, typer.Option(help="frames that travel together: the batch, and the memory; 0: 16. It moves no number")
    ] = 0,
    lanes: Annotated[int, typer.Option(help="threads per stage; 0: three on a GPU, one on the CPU")] = 0,
    depth: Annotated[int, typer.Option(help="clips that may wait between two stages")] = 2,
    limit: Annotated[int | None, typer.Option(help="the first N items only")] = None,
    shard: Annotated[str, typer.Option(help="i/n: every n-th item from the i-th on, counted from 0")] = "0/1",
    max_failures: Annotated[int, typer.Option(help="items that may fail before the run stops")] = 10,
    flush_seconds: Annotated[float, typer.Option(help="how often finished rows are committed")] = 10.0,
    verify: Annotated[bool, typer.Option("--verify", help="hash the data's files whole, not their ends only")] = False,
    save_recon: Annotated[
        bool, typer.Option("--save-recon", help="keep decoded frames as PNG: the report then has pictures")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object on stdout at the end")] = False,
) -> None:
    """Stream DATASET through codecs, metrics and tasks, into Parquet tables under --out.

    Started again with the same --out, it does only what is missing.
    """
    from rich.console import Console

    from ahc_stream.core.errors import InvalidValue
    from ahc_stream.experiment import Experiment
    from ahc_stream.progress import frames_done, summary
    from ahc_stream.running import Run

    if not codec:
        raise InvalidValue(
            "at least one --codec", "none", "for instance --codec h264@23,33,43; see `ahc-stream list codecs`"
        )
    console = Console(stderr=True)
    running = Run(
        Experiment(
            dataset=dataset,
            codecs=tuple(codec),
            out=out or Path("runs") / Path(dataset).name,
            tasks=() if no_task else tuple(task) if task else None,
            metrics=tuple(metric) if metric else None,
            metric_profile=metric_profile,
            root=root,
            clean=clean,
            weights=weights,
            entropy=entropy,
            device=device,
            source=source,
            clip_frames=clip_frames,
            lanes=lanes,
            depth=depth,
            limit=limit,
            shard=_shard(shard),
            max_failures=max_failures,
            flush_seconds=flush_seconds,
            verify=verify,
            save_recon=save_recon,
        )
    )
    console.print(_announcement(running), highlight=False, soft_wrap=True)
    start, frames = time.monotonic(), 0
    for frames in frames_done(running, console):
        pass
    seconds = time.monotonic() - start
    _conclude(running, frames, seconds, summary(running, frames, seconds), as_json)
    if running.failures:
        raise typer.Exit(3)


def _shard(text: str) -> tuple[int, int]:
    from ahc_stream.core.errors import InvalidValue

    try:
        index, count = (int(part) for part in text.split("/"))
    except ValueError:
        raise InvalidValue("--shard as i/n", repr(text), "for instance --shard 0/4") from None
    return index, count


def _announcement(running) -> str:
    plan = running.plan
    alive = plan.most_alive
    looked_ahead = f", and {alive['frames']} frames that encoders look ahead" if alive["frames"] else ""
    notes = [*plan.dataset.notes, *([] if plan.experiment.clean else ["--no-clean: nothing is left out"])]
    return "".join(f"{plan.dataset.name}: {note}\n" for note in notes) + (
        f"{plan.dataset.name}: {len(plan.dataset.items)} items, {len(plan.points)} operating points, "
        f"tasks: {', '.join(map(str, plan.tasks)) or 'none'}\n"
        f"device {plan.device}, {plan.lanes} lanes a stage, source {plan.experiment.source}; "
        f"at most {alive['clips']} clips of {alive['clip_frames']} frames in memory{looked_ahead}"
    )


def _conclude(running, frames: int, seconds: float, told: str, as_json: bool) -> None:
    from dataclasses import asdict

    out = running.plan.experiment.out
    if as_json:
        loads = {stage: asdict(load) for stage, load in running.loads.items()}
        facts = {
            "out": str(out),
            "frames": frames,
            "seconds": seconds,
            "failures": len(running.failures),
            "loads": loads,
        }
        print(json.dumps(facts))
        return
    sources = ", ".join(f"{name} ({count} streams)" for name, count in running.sources.items())
    print(f"{told}; decoded by {sources}" if frames else "nothing was missing: every row was there already")
    print(f"tables: {out}    next: ahc-stream report {out}")
