"""ahc-stream verify: whether a run's folder is what was written there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer


def verify(
    out: Annotated[Path, typer.Argument(help="the --out of a run")],
    repair: Annotated[
        bool, typer.Option("--repair", help="drop what cannot be read; the next start measures it again")
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="compare with the dataset too, where it is at hand: files and labels")
    ] = False,
) -> None:
    """Check every file and row of a run against checksums, against one another and against the manifest.

    One line for each thing that is wrong. Exit code 0: nothing is; 1: something is.
    """
    from ahc_stream import runs

    if repair:
        _print(f"repaired: {text}" for text in runs.repair(out))
    found = runs.verify(out)
    if deep and not found:
        found += _against_dataset(out)
    _print(found)
    print(
        f"{out}: {len(found)} finding{'s' if len(found) != 1 else ''}" if found else f"{out}: all is as it was written"
    )
    if found:
        raise typer.Exit(1)


def _against_dataset(out: Path) -> Sequence[str]:
    """What differs between the run and its dataset as it is now; a line where that is not at hand."""
    from ahc_stream import datasets, runs
    from ahc_stream.core.errors import MissingData
    from ahc_stream.runs.verify import verify_dataset

    run = runs.open(out)
    ask = run.manifest["experiment"]
    root = Path(ask["root"]) if ask.get("root") else None
    try:
        dataset = datasets.load(ask["dataset"], root, ask["clean"])
    except MissingData as error:
        print(f"the dataset is not at hand, and was not compared: {error}")
        return []
    return verify_dataset(out, dataset.digests(whole=run.has_whole_digests), dataset.labels)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
