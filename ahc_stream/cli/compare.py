"""ahc-stream compare: runs of one dataset side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.options import Level, Reference, Resamples, Seed


def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="ONE OTHER...", help="Folders of runs on one dataset, two or more.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(help="Folder that the page is written to.", show_default="LAST/report/against-ONE"),
    ] = None,
    reference: Reference = "auto",
    level: Level = 0.95,
    resamples: Resamples = 1000,
    seed: Seed = 0,
) -> None:
    """Print what each OTHER changes against ONE at the operating points that they share, and the Bjontegaard deltas
    between their curves; write a page and tables of it.

    Differences are paired by image or video. Runs on different files are refused.
    """
    from ahc_stream import report
    from ahc_stream.cli.terminal import console, say
    from ahc_stream.core.writable import check_writable

    report.check_folders(runs)
    folder = out or runs[-1] / "report" / f"against-{'-'.join(each.resolve().name for each in runs[:-1])}"
    check_writable(folder)
    settings = report.ReportSettings(reference, level, resamples, seed)
    comparison = report.compare(*(report.analyse(folder, settings) for folder in runs))
    report.print_comparison(comparison, console())
    say(f"page: {report.write_comparison(comparison, folder)}")
