"""ahc-stream data: where datasets and weights are, whether they are whole, and how they come here."""

from __future__ import annotations

import json
from typing import Annotated

import typer

Names = Annotated[list[str], typer.Argument(help="datasets or weights; see `ahc-stream data list`")]


def list_all(as_json: Annotated[bool, typer.Option("--json", help="one JSON object per name")] = False) -> None:
    """Every dataset and weight: whether it is here, its licence, what it is."""
    from rich.console import Console
    from rich.table import Table

    rows = list(_rows())
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    table = Table("kind", "name", "here", "licence", "what")
    for row in rows:
        table.add_row(row["kind"], row["name"], "yes" if row["here"] else "no", row["licence"], row["what"])
    Console(width=None if Console().is_terminal else 160).print(table)


def path(names: Names) -> None:
    """Print where each one lies; an error for one that is not here."""
    from ahc_stream import datasets, weights

    for name in names:
        print(datasets.path(name) if name in datasets.DATASETS else weights.find(name))


def check(names: Names) -> None:
    """Say what is missing or differs, and where it was looked for. Exit code 2 if anything is missing or broken."""
    from ahc_stream import datasets, weights

    faults = 0
    for name in names:
        findings = datasets.check(name) if name in datasets.DATASETS else weights.check(name)
        for finding in findings:
            print(finding.text)
        faults += sum(finding.is_fault for finding in findings)
        if not findings:
            print(f"{name}: fine")
    if faults:
        raise typer.Exit(2)


def download(names: Names) -> None:
    """Fetch datasets or weights into AHC_STREAM_HOME, hashes checked; an interrupted download resumes."""
    from ahc_stream import datasets, weights

    for name in names:
        print(datasets.download(name) if name in datasets.DATASETS else weights.download(name))


def _rows():
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
