"""ahc-stream compare: two runs of one dataset side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.report import Level, Reference, Resamples, Seed


def compare(
    one: Annotated[Path, typer.Argument(help="the --out of a run")],
    other: Annotated[Path, typer.Argument(help="the --out of another run on the same dataset")],
    out: Annotated[Path | None, typer.Option(help="folder of the page; default OTHER/report/against-ONE")] = None,
    reference: Reference = "auto",
    level: Level = 0.95,
    resamples: Resamples = 1000,
    seed: Seed = 0,
) -> None:
    """Print what OTHER changes against ONE at the operating points of both; write a page and tables of all of it.

    Differences are paired by image or video. Runs of different files are refused.
    """
    from rich.console import Console

    from ahc_stream import report

    settings = report.Settings(reference, level, resamples, seed)
    runs = report.compare(report.analyse(one, settings), report.analyse(other, settings))
    report.print_comparison(runs, Console(width=None if Console().is_terminal else 200))
    print(f"page: {report.write_comparison(runs, out or other / 'report' / f'against-{one.resolve().name}')}")
