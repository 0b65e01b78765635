"""ahc-stream report: the rows of a run as a table on the terminal, a page, and tables beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ahc_stream.cli.options import Level, Reference, Resamples, Seed
from ahc_stream.cli.terminal import say

if TYPE_CHECKING:
    from ahc_stream.report import Analysis


def report(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run, the --out of its command.")],
    reference: Reference = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per operating point, and write nothing.")
    ] = False,
    html: Annotated[
        bool, typer.Option("--html/--no-html", help="Write OUT/report: index.html and its tables, or write nothing.")
    ] = True,
    figures: Annotated[
        Path | None,
        typer.Option(help="Folder that the curves are written to as PDF, SVG and PNG, for papers (extra `report`)."),
    ] = None,
    compressai: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Folder that each curve is written to as a result file of CompressAI's tools, which its "
            "compressai.utils.plot draws.",
        ),
    ] = None,
    published: Annotated[
        list[Path] | None,
        typer.Option(
            "--with",
            metavar="FILE.json",
            help="Published curve, a result file of CompressAI's tools, that is drawn beside the run's own, without "
            "intervals. Repeat it for more curves.",
        ),
    ] = None,
    pictures: Annotated[
        int, typer.Option(min=0, help="Pairs of frames that the page shows of each task, of a run with --save-recon.")
    ] = 6,
    level: Level = 0.95,
    resamples: Resamples = 1000,
    seed: Seed = 0,
    code: Annotated[
        list[str] | None,
        typer.Option(
            help="Code of your own that the run was given, path/to/file.py:Name of a task or a metric: its scorer, its "
            "label and its direction. It is run because you name it, never because a folder does."
        ),
    ] = None,
) -> None:
    """Print rates, mean metrics, task scores and their change; write a page with curves, intervals and pictures.

    The page is one file that opens offline. Beside it lie report.parquet, report.csv and report.tex.
    """
    from ahc_stream import report as reports
    from ahc_stream.cli.terminal import console
    from ahc_stream.core.errors import InvalidValue
    from ahc_stream.core.json_text import json_text
    from ahc_stream.core.wording import counted
    from ahc_stream.store.folders import check_folder

    reports.use_code(code or ())
    written = {"--figures": figures, "--compressai": compressai, "--with": published}
    asked = [option for option, value in written.items() if value]
    if as_json and asked:
        raise InvalidValue(f"--json, which writes nothing, or {asked[0]}", "both", "call the command twice")
    if published and not html and figures is None:
        raise InvalidValue("a page or --figures for the curves of --with", "--no-html alone", "leave --no-html out")
    curves = list(map(reports.read_published, published or ()))
    settings = reports.ReportSettings(reference, level, resamples, seed)
    if as_json:
        for row in reports.operating_points(out, reference).to_pylist():
            say(json_text(row))
        return
    for folder in filter(None, (out / "report" if html else None, figures, compressai)):
        check_folder(folder, "choose another folder, or print the tables alone: --no-html")
    analysis = reports.with_published(reports.analyse(out, settings), curves)
    if analysis.dots:
        reports.print_analysis(analysis, console())
    else:
        say(_nothing(out, analysis.failures.num_rows))
    for _, sentence in reports.published_notes(analysis):
        say(f"note: {sentence}")
    if html:
        say(f"page: {reports.write_report(analysis, most_pictures=pictures)}")
    if figures is not None:
        files = reports.write_figures(analysis, figures)
        say(f"figures: {counted(len(files), 'file')} under {figures}")
    if compressai is not None:
        _write_compressai(analysis, compressai)


def _nothing(out: Path, failures: int) -> str:
    """What is said of a run without a finished row."""
    from ahc_stream.core.wording import counted

    if not failures:
        return f"no finished row under {out}: nothing to tabulate"
    return f"no finished row under {out}: every item failed ({counted(failures, 'failure')} in the table `failures`)"


def _write_compressai(analysis: Analysis, folder: Path) -> None:
    from ahc_stream.core.wording import counted
    from ahc_stream.report import write_compressai

    written = write_compressai(analysis, folder)
    say(f"compressai: {counted(len(written), 'file')} under {folder}")
    for curve in written:
        if curve.left_out:
            say(f"note: {curve.path.name} lacks what is not finite at each of its points: {', '.join(curve.left_out)}")
