"""ahc-stream ls: the runs below a folder, a line for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ahc_stream.cli.terminal import say

if TYPE_CHECKING:
    from ahc_stream.runs import Overview

HEADINGS = ("run", "started (UTC)", "dataset", "items", "points", "page", "state")
"""The state comes last: what is wrong with a damaged run is a sentence."""
MOST_CHARACTERS = 48
"""Of the operating points that a line shows; --json has all of them."""


def list_runs(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Folder that runs are looked for in, and in its subfolders' folders."),
    ] = Path("runs"),
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per run.")] = False,
) -> None:
    """Print a line for each run below FOLDER: when it was last started, on what, how far it is, and its page.

    A run is whole, unfinished, being written now, or damaged; failures are counted. `ahc-stream verify` reads more.
    """
    from ahc_stream.cli.columns import print_columns
    from ahc_stream.core.errors import MissingData
    from ahc_stream.core.json_text import json_text
    from ahc_stream.runs.overviews import overview, run_folders

    if not folder.is_dir():
        raise MissingData(f"a folder of runs at {folder}", "no such folder", "name one: ahc-stream ls FOLDER")
    runs = [overview(path) for path in run_folders(folder)]
    if as_json:
        for run in runs:
            say(json_text(_facts(run, folder)))
    elif runs:
        print_columns([HEADINGS, *(_line(run, folder) for run in runs)])
    else:
        say(f"no run in {folder}")


def _name(run: Overview, folder: Path) -> str:
    from ahc_stream.core.file_names import readable

    return readable(run.folder.name if run.folder == folder else Path(str(run.folder)).relative_to(folder))


def _line(run: Overview, folder: Path) -> tuple[str, ...]:
    started = run.started[:16].replace("T", " ")
    items = "" if run.problem else f"{run.done}/{run.items}"
    page = "" if run.page is None else str(run.page)
    return _name(run, folder), started, run.dataset, items, _short(run.points), page, run.state


def _short(points: Sequence[Mapping[str, Any]]) -> str:
    """As far as there is room."""
    from ahc_stream.cli.curves import curves_text

    text = curves_text((point["codec"], point["quality"], point["options"]) for point in points)
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]} ..."


def _facts(run: Overview, folder: Path) -> dict[str, Any]:
    return {
        "run": _name(run, folder),
        "folder": str(run.folder),
        "started": run.started or None,
        "dataset": run.dataset or None,
        "points": run.points,
        "items": run.items,
        "done": run.done,
        "failures": run.failures,
        "running": run.running,
        "state": run.state,
        "whole": run.is_whole,
        "problem": run.problem or None,
        "page": None if run.page is None else str(run.page),
    }
