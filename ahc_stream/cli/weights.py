"""ahc-stream weights: the table of weights, where each comes from, and the ones that are here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ahc_stream.weights.entry import Weight

DIGEST_SHOWN = 16
"""Hexadecimal digits of a SHA-256 that the table shows; --json has all."""


def list_all(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per name.")] = False,
    here: Annotated[bool, typer.Option("--here", help="List only those that are on this machine.")] = False,
) -> None:
    """List all weights: what each is, its licence, where it comes from, and its SHA-256 as far as it is known."""
    from rich.table import Table

    from ahc_stream.cli.terminal import console, say
    from ahc_stream.core.json_text import json_text

    rows = [row for row in _rows() if row["here"] or not here]
    if as_json:
        for row in rows:
            say(json_text(row))
        return
    table = Table("name", "here", "licence", "what", "from", "SHA-256")
    for row in rows:
        digest = (row["sha256"] or "not published")[:DIGEST_SHOWN]
        table.add_row(row["name"], "yes" if row["here"] else "no", row["licence"], row["what"], row["from"], digest)
    console().print(table)


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


def _origin(weight: Weight) -> str:
    from ahc_stream.store import Url

    if weight.source is None:
        return weight.where or "this package"
    if isinstance(weight.source, Url):
        return weight.source.url
    return f"{weight.source.kind}: {weight.source.package} {weight.source.version}"
