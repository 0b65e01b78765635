"""ahc-stream verify: whether a run's folder is what was written there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ahc_stream.cli.terminal import say, say_all


def verify(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder of a run, the --out of its command.")],
    repair: Annotated[
        bool, typer.Option("--repair", help="Drop what cannot be read; the next start of the run measures it again.")
    ] = False,
    deep: Annotated[
        bool, typer.Option("--deep", help="Compare files and labels with the dataset too, where it is at hand.")
    ] = False,
) -> None:
    """Check every file and row of a run against checksums, against one another and against the manifest.

    Prints one line for each thing that is wrong, and ends with exit code 1 where anything is.
    """
    from ahc_stream import runs
    from ahc_stream.cli.exits import Exit
    from ahc_stream.core.wording import counted

    if repair:
        say_all(f"repaired: {sentence}" for sentence in runs.repair(out))
    findings = runs.verify(out)
    if deep and not findings:
        findings = _against_dataset(out)
    say_all(findings)
    if findings:
        say(f"{out}: {counted(len(findings), 'finding')}")
        raise typer.Exit(Exit.DEFECT)
    say(f"{out}: all is as it was written")


def _against_dataset(out: Path) -> list[str]:
    """What differs between the run and its dataset as it is now; a line where that is not at hand."""
    from ahc_stream import datasets, runs
    from ahc_stream.core.errors import MissingData
    from ahc_stream.runs.verify import verify_dataset

    run = runs.open(out)
    experiment = run.manifest["experiment"]
    root = Path(experiment["root"]) if experiment.get("root") else None
    try:
        reading = datasets.ReadOptions.of(experiment)
        dataset = datasets.load(experiment["dataset"], root, experiment["clean"], reading)
    except MissingData as error:
        say(f"the dataset is not at hand, and was not compared: {error}")
        return []
    dataset = dataset.cut(experiment.get("frames"), experiment.get("every", 1))
    return verify_dataset(out, dataset.digests(whole=run.has_whole_digests), dataset.labels)
