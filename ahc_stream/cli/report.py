"""ahc-stream report: the rows of a run as a table per operating point."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def report(
    out: Annotated[Path, typer.Argument(help="the --out of a run")],
    reference: Annotated[
        str,
        typer.Option(
            help="score tasks against labels, or the original's predictions; auto: labels where there are any"
        ),
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object per operating point on stdout")] = False,
) -> None:
    """Print rates, mean metrics, task scores and their change against the original, per operating point."""
    from rich.console import Console

    from ahc_stream.report import operating_points, print_report

    if as_json:
        for row in operating_points(out, reference).to_pylist():
            print(json.dumps(row))
    else:
        print_report(out, Console(width=None if Console().is_terminal else 200), reference)
