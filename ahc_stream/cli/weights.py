"""ahc-stream weights: the table of weights, where each comes from, and the ones that are here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer


def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object per name")] = False,
    here: Annotated[bool, typer.Option("--here", help="only those that are on this machine")] = False,
) -> None:
    """Every weight: what it is, its licence, where it comes from, its SHA-256 as far as it is known."""
    from rich.console import Console
    from rich.table import Table

    rows = [row for row in _rows() if row["here"] or not here]
    if as_json:
        for row in rows:
            print(json.dumps(row))
        return
    table = Table("name", "here", "licence", "what", "from", "SHA-256")
    for row in rows:
        digest = (row["sha256"] or "not published")[:16]
        table.add_row(row["name"], "yes" if row["here"] else "no", row["licence"], row["what"], row["from"], digest)
    Console(width=None if Console().is_terminal else 200).print(table)


def _rows() -> Iterator[dict[str, Any]]:
    from ahc_stream import weights

    for name, weight in weights.table().items():
        yield {
            "name": name,
            "here": not weights.missing([name]),
            "licence": weight.licence,
            "what": weight.note,
            "from": _origin(weight),
            "sha256": weight.sha256,
        }


def _origin(weight: Any) -> str:
    from ahc_stream.store import Url

    if weight.source is None:
        return weight.where or "this package"
    if isinstance(weight.source, Url):
        return weight.source.url
    return f"{weight.source.kind}: {weight.source.package} {weight.source.version}"
