"""ahc-stream compare: two runs of one dataset side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.options import Level, Reference, Resamples, Seed


def compare(
    one: Annotated[Path, typer.Argument(metavar="ONE", help="Folder of a run, the --out of its command.")],
    other: Annotated[Path, typer.Argument(metavar="OTHER", help="Folder of another run on the same dataset.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder that the page is written to.", show_default="OTHER/report/against-ONE")
    ] = None,
    reference: Reference = "auto",
    level: Level = 0.95,
    resamples: Resamples = 1000,
    seed: Seed = 0,
) -> None:
    """Print what OTHER changes against ONE at the operating points of both, and write a page and tables of it.

    Differences are paired by image or video. Runs on different files are refused.
    """
    from ahc_stream import report
    from ahc_stream.cli.terminal import console, say
    from ahc_stream.core.writable import check_writable

    settings = report.ReportSettings(reference, level, resamples, seed)
    folder = out or other / "report" / f"against-{one.resolve().name}"
    check_writable(folder)
    runs = report.compare(report.analyse(one, settings), report.analyse(other, settings))
    report.print_comparison(runs, console())
    say(f"page: {report.write_comparison(runs, folder)}")
