"""ahc-stream report: the rows of a run as a table on the terminal, a page, and tables beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

Reference = Annotated[
    str,
    typer.Option(help="score tasks against labels, or the original's predictions; auto: labels where there are any"),
]
Level = Annotated[float, typer.Option(help="of intervals and tests")]
Resamples = Annotated[int, typer.Option(help="draws of the bootstrap over images or videos; 0: no intervals")]
Seed = Annotated[int, typer.Option(help="of the draws")]


def report(
    out: Annotated[Path, typer.Argument(help="the --out of a run")],
    reference: Reference = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object per operating point, and no page")] = False,
    html: Annotated[bool, typer.Option("--html/--no-html", help="write OUT/report: index.html and its tables")] = True,
    figures: Annotated[
        Path | None, typer.Option(help="folder for the curves as SVG and PNG, for papers (extra `report`)")
    ] = None,
    pictures: Annotated[int, typer.Option(help="pairs of frames per task in the page, of a run with --save-recon")] = 6,
    level: Level = 0.95,
    resamples: Resamples = 1000,
    seed: Seed = 0,
) -> None:
    """Print rates, mean metrics, task scores and their change; write a page with curves, intervals and pictures.

    The page is one file that opens offline. Beside it lie report.parquet, report.csv and report.tex.
    """
    from rich.console import Console

    from ahc_stream.report import Settings, analyse, operating_points, print_report, write_figures, write_report

    if as_json:
        for row in operating_points(out, reference).to_pylist():
            print(json.dumps(row))
        return
    settings = Settings(reference, level, resamples, seed)
    if not html and figures is None:
        print_report(out, Console(width=None if Console().is_terminal else 200), reference)
        return
    analysis = analyse(out, settings)
    if analysis.dots:
        print_report(out, Console(width=None if Console().is_terminal else 200), reference)
    else:
        print(f"no finished row under {out}: nothing to tabulate ({analysis.failures.num_rows} failures)")
    if html:
        print(f"page: {write_report(analysis, most_pictures=pictures)}")
    if figures is not None:
        print(f"figures: {len(write_figures(analysis, figures))} files under {figures}")
