"""ahc-stream measure: pictures or videos against their originals, without a codec."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ahc_stream.cli.options import Device, Every, Force, MaxPixels, Precision, RawFormat, RawSize
from ahc_stream.cli.terminal import say

if TYPE_CHECKING:
    from ahc_stream.pairs import Measured, MetricSummary

HEADINGS = ("metric", "mean", "min", "5 %", "95 %", "max", "worst frame")


def measure(
    reference: Annotated[
        str, typer.Argument(metavar="REF", help="The originals: a picture, a video, or a folder of those.")
    ],
    distorted: Annotated[
        str,
        typer.Argument(
            metavar="DIST",
            help="What is measured against them: a file, or a folder whose files are called as those of REF, whatever "
            "their suffix. The numbered pictures of a folder may be the frames of a video.",
        ),
    ],
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="Quality metric, such as vmaf, or of your own path/to/file.py:name, which is run because you name it. "
            "Repeat it for more metrics.",
            show_default="mse, mae, psnr, ssim, ms_ssim, vif",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File of a row per frame: .csv, .parquet or .json.")
    ] = None,
    device: Device = "auto",
    precision: Precision = "float32",
    frame_range: Annotated[
        str | None,
        typer.Option(
            "--frames",
            metavar="A:B",
            help="Frames of each video that are measured, counted from 0: A to B - 1, or one frame A.",
            show_default="all of them",
        ),
    ] = None,
    every: Every = 1,
    size: RawSize = None,
    pix_fmt: RawFormat = None,
    max_pixels: MaxPixels = 100_000_000,
    force: Force = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")] = False,
) -> None:
    """Measure DIST against REF frame by frame, as a run measures what its codecs give; no codec is involved.

    Both are decoded to RGB of 8 bits, and paired by number of frame or by name. A file without a partner and sizes that
    differ are an error before anything is measured. Where one side has fewer frames or breaks off, what both have is
    measured, printed and written, and the command ends with exit code 2.
    """
    from ahc_stream.cli.progress import counting
    from ahc_stream.core.file_names import readable
    from ahc_stream.core.frame_selection import frame_selection
    from ahc_stream.core.json_text import json_text
    from ahc_stream.datasets import ReadOptions
    from ahc_stream.pairs import check_out, measure_pairs, write_measured
    from ahc_stream.pairs.writing import facts_of
    from ahc_stream.sources import Limits
    from ahc_stream.transcode.outputs import check_free

    frames = None if frame_range is None else frame_selection(frame_range)
    if out is not None:
        check_out(out)
        check_free(out, force)
    with counting(readable(f"{distorted} against {reference}")) as count:
        measured = measure_pairs(
            reference,
            distorted,
            metric,
            device=device,
            precision=precision,
            frames=frames,
            every=every,
            told=ReadOptions(size=size, pix_fmt=pix_fmt),
            limits=Limits(frame_pixels=max_pixels),
            progress=count,
        )
    try:
        if out is not None:
            write_measured(measured, out)
    finally:  # a full disk costs no number, and a reader that has gone no row
        for note in measured.notes:
            say(f"note: {note}", stderr=True)
        if as_json:
            names = {"reference": readable(reference), "distorted": readable(distorted)}
            say(json_text({**names, **facts_of(measured)}))
        else:
            _print(measured)
    _raise_problems(measured)


def _print(measured: Measured) -> None:
    from ahc_stream.cli.terminal import console
    from ahc_stream.core.text_table import print_numbers
    from ahc_stream.core.wording import counted
    from ahc_stream.pairs import summaries
    from ahc_stream.report.metric_mean import left_out_text

    found = list(summaries(measured))
    print_numbers(console(), HEADINGS, [_row(each, measured) for each in found], 1)
    say(f"{counted(len(measured.frames), 'frame')} of {counted(measured.pairs, 'pair')}, on {measured.device}")
    for each in found:
        if each.infinite:
            is_left_out = each.mean is not None and math.isfinite(each.mean)
            left_out = ", left out of the other numbers" if is_left_out else ""
            say(f"{each.metric.name}: {left_out_text(each.metric, each.infinite)}{left_out}")
        if each.undefined:
            say(f"{each.metric.name}: not defined for {counted(each.undefined, 'frame')}, left out")


def _row(summary: MetricSummary, measured: Measured) -> list[str]:
    numbers = (summary.mean, summary.least, summary.p5, summary.p95, summary.most)
    texts = ["-" if number is None else f"{number:.{summary.metric.decimals}f}" for number in numbers]
    return [summary.metric.name, *texts, _worst(summary, measured)]


def _worst(summary: MetricSummary, measured: Measured) -> str:
    """Item and frame; a picture has one, which needs no number."""
    if summary.worst_item is None:
        return "-"
    has_one = measured.frames["item"].to_pylist().count(summary.worst_item) == 1
    return summary.worst_item if has_one else f"{summary.worst_item} {summary.worst_frame}"


def _raise_problems(measured: Measured) -> None:
    """Names all problems, and ends with the first."""
    for problem in measured.problems[1:]:
        say(f"{type(problem).__name__}: {problem}", stderr=True)
    for problem in measured.problems:
        raise problem
