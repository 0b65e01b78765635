"""ahc-stream bench: how fast this device is at each part of the work, beside what people would otherwise run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ahc_stream.cli.options import Device
from ahc_stream.cli.terminal import say

if TYPE_CHECKING:
    from ahc_stream.benches import LostPart, Row


def bench(
    name: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="Benchmarks: kernels, entropy, codecs, decode, tasks, line.",
            show_default="all of them, from the smallest thing to the whole",
        ),
    ] = None,
    device: Device = "auto",
    json_lines: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each row, as soon as it is measured.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="File that the JSON objects are added to as well.", show_default="none")
    ] = None,
) -> None:
    """Time the parts of a run on this device, each beside a peer in the same run, correctness first.

    Frames are drawn, and weights of learned codecs random, so nothing is fetched; tasks need their weights. A part that
    cannot be measured here says why, and costs no other row.
    """
    from ahc_stream.benches import BENCHES, LostPart, size_for
    from ahc_stream.benches import bench as rows_of
    from ahc_stream.cli.exits import Exit
    from ahc_stream.core.cuda import resolve_device
    from ahc_stream.core.json_text import json_text
    from ahc_stream.provenance import commit, hardware_text

    size = size_for(resolve_device(device))
    facts = {"hardware": hardware_text(), "commit": commit()}
    outcomes: list[Row | LostPart] = []
    for benchmark in name or BENCHES:
        for outcome in rows_of(benchmark, size):
            outcomes.append(outcome)
            line = json_text(facts | {"benchmark": benchmark, **outcome.as_json()})
            if json_lines:
                say(line)
            if out is not None:
                with out.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
    if not json_lines:
        _print(outcomes, str(facts["hardware"]))
    if any(isinstance(outcome, LostPart) for outcome in outcomes):
        raise typer.Exit(Exit.SOME_FAILED)


def _print(outcomes: list[Row | LostPart], hardware: str) -> None:
    from ahc_stream.benches import LostPart, row_table
    from ahc_stream.cli.terminal import console

    rows = [outcome for outcome in outcomes if not isinstance(outcome, LostPart)]
    console().print(row_table(hardware, rows))
    for outcome in outcomes:
        if isinstance(outcome, LostPart):
            say(f"no row of {outcome.name}: {outcome.reason}", stderr=True)
