"""ahc-stream data: where datasets and weights are, whether they are whole, and how they come here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from ahc_stream.cli.terminal import say

Names = Annotated[list[str], typer.Argument(help="Names of datasets or weights; `ahc-stream data list` shows them.")]


def list_all(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per name.")] = False) -> None:
    """List every dataset and weight: whether it is here, its licence, what it is."""
    from rich.table import Table

    from ahc_stream.cli.terminal import console
    from ahc_stream.core.json_text import json_text

    rows = list(_rows())
    if as_json:
        for row in rows:
            say(json_text(row))
        return
    table = Table("kind", "name", "here", "licence", "what")
    for row in rows:
        table.add_row(row["kind"], row["name"], "yes" if row["here"] else "no", row["licence"], row["what"])
    console().print(table)


def path(names: Names) -> None:
    """Print where each one lies; an error for one that is not here."""
    from ahc_stream import datasets, weights

    for name in names:
        say(datasets.path(name) if _is_dataset(name) else weights.find(name))


def check(names: Names) -> None:
    """Say what is missing or differs, and where it was looked for. Exit code 2 if anything is missing or broken."""
    from ahc_stream import datasets, weights

    faults = 0
    for name in names:
        findings = datasets.check(name) if _is_dataset(name) else weights.check(name)
        for finding in findings:
            say(finding)
        faults += sum(finding.is_fault for finding in findings)
        if not findings:
            say(f"{name}: fine")
    if faults:
        raise typer.Exit(2)


def download(names: Names) -> None:
    """Fetch datasets or weights into AHC_STREAM_HOME, hashes checked; an interrupted download resumes."""
    from ahc_stream import datasets, weights

    for name in names:
        say(datasets.download(name) if _is_dataset(name) else weights.download(name))


def _is_dataset(name: str) -> bool:
    """False for a weight. Raises UnknownName for what is neither, with the nearest names of both."""
    from ahc_stream import datasets, weights
    from ahc_stream.core.errors import UnknownName

    if name in datasets.DATASETS:
        return True
    known = weights.table()
    if name not in known:
        todo = "see `ahc-stream data list`"
        raise UnknownName.near("dataset or weight", name, [*datasets.DATASETS, *known], todo)
    return False


def _rows() -> Iterator[dict[str, Any]]:
    from ahc_stream import datasets, weights

    for name, entry in datasets.DATASETS.items():
        yield {
            "kind": "dataset",
            "name": name,
            "here": not any(finding.is_fault for finding in datasets.check(name)),
            "licence": entry.licence,
            "what": entry.description,
        }
    for name, weight in weights.table().items():
        here = not weights.missing([name])
        yield {"kind": "weight", "name": name, "here": here, "licence": weight.licence, "what": weight.note}
