"""ahc-stream choose: the cheapest coding that keeps a task."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ahc_stream.cli import complete
from ahc_stream.cli.options import (
    Classes,
    Device,
    Every,
    Images,
    JsonAtTheEnd,
    Labels,
    Limit,
    Precision,
    RawFormat,
    RawRate,
    RawSize,
    ReadAs,
    Root,
    Source,
    Split,
    Weights,
)
from ahc_stream.cli.terminal import say

if TYPE_CHECKING:
    from ahc_stream.choosing import Choice, Decision


def choose(
    dataset: Annotated[
        str, typer.Argument(metavar="DATASET", help="As `ahc-stream run` takes it, a file of an experiment too.")
    ],
    codec: Annotated[
        list[str] | None,
        typer.Option(
            "--codec",
            "-c",
            help="Codec to search, such as h264, jpeg or ssf2020-lite: over the whole range of its quality, or over "
            "what is named, as h264@18..40. Repeat it for more codecs; the first is the anchor of savings.",
            autocompletion=complete.codecs,
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            help='What must be kept: "detection.mAP >= -0.01" (a signed number is a change against the original), '
            '"detection.mAP >= 98%" (of the original\'s), "detection.mAP >= 0.30" or "psnr >= 36" (the value itself). '
            "Repeat it for more conditions; all of them are kept."
        ),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(help="The reverse question: the best quality within a rate, such as 500kbit/s or 0.2bpp."),
    ] = None,
    over: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPTION=A,B,C", help="Search a curve for each value of an option of the encoder: preset=fast,slow."
        ),
    ] = None,
    max_encode_ms: Annotated[
        float | None,
        typer.Option(
            min=0.0, help="Most milliseconds of encoding that a frame may take, by the median on this machine."
        ),
    ] = None,
    max_delay: Annotated[
        int | None, typer.Option(min=0, help="Most frames that an encoder may take before its first coded one.")
    ] = None,
    confidence: Annotated[
        float,
        typer.Option(
            help="Confidence that no chosen point of the table breaks a condition on a task; 0 judges by estimates."
        ),
    ] = 0.95,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the run that is measured into; it may be there.", show_default="runs/DATASET-choose"
        ),
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option("--task", "-t", help="Vision task, as `run` takes it.", show_default="those of the conditions"),
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Quality metric, as `run` takes it.", show_default="as `run` measures")
    ] = None,
    root: Root = None,
    read_as: ReadAs = None,
    split: Split = None,
    labels: Labels = None,
    images: Images = None,
    classes: Classes = None,
    size: RawSize = None,
    pix_fmt: RawFormat = None,
    fps: RawRate = None,
    weights: Weights = None,
    device: Device = "auto",
    precision: Precision = "float32",
    source: Source = "auto",
    limit: Limit = None,
    every: Every = 1,
    as_json: JsonAtTheEnd = False,
    context: typer.Context = None,  # type: ignore[assignment]  # typer's; a program that calls `choose` has none
) -> None:
    """Search each codec for the lowest rate that keeps what you ask, and print what to take.

    A point is chosen where its loss is not worse than the bound at the confidence asked, by the paired bootstrap over
    images or sequences, corrected for the whole search (docs/choose.md). Every measurement is a row of an ordinary run
    in --out: started again, the search measures only what is missing, and `ahc-stream report` shows it.
    """
    flags = dict(locals())
    from ahc_stream.choosing import Asked
    from ahc_stream.choosing import choose as search
    from ahc_stream.cli.exits import Exit
    from ahc_stream.cli.experiment_flags import experiment_of, given
    from ahc_stream.cli.progress import frames_of
    from ahc_stream.cli.terminal import console
    from ahc_stream.core.json_text import json_text
    from ahc_stream.core.wording import counted
    from ahc_stream.report import keep_choice
    from ahc_stream.running import Run

    named = given(flags, context, inspect.signature(choose).parameters)
    experiment = experiment_of({name: flags[name] for name in flags if name in named}, None)
    assert experiment.out is not None, "experiment_of names a folder"
    folder = out or experiment.out.with_name(f"{experiment.out.name}-choose")
    experiment = replace(experiment, out=folder)
    asked = Asked(tuple(keep or ()), at, _over(over or ()), max_encode_ms, max_delay, confidence)
    terminal = console(stderr=True)

    def go(run: Run) -> None:
        for _ in frames_of(run, terminal):
            pass

    def tell(text: str) -> None:
        terminal.print(text)

    decision = search(experiment, asked, go, tell)
    keep_choice(folder, decision.as_values())
    if as_json:
        say(json_text(decision.as_values()))
    else:
        _print(decision, folder)
    if decision.failures:
        say(
            f"{counted(decision.failures, 'failure')}: what could not be opened or coded is in the table `failures`",
            stderr=True,
        )
        raise typer.Exit(Exit.SOME_FAILED)


def _over(texts: list[str] | tuple[()]) -> dict[str, tuple[str, ...]]:
    """Option -> values. Raises InvalidValue."""
    from ahc_stream.core.errors import InvalidValue

    options = {}
    for text in texts:
        name, _, values = text.partition("=")
        listed = tuple(value for value in values.split(",") if value)
        if not name or not listed or name in options:
            raise InvalidValue(
                "--over OPTION=A,B,C, each option once", repr(text), "for instance --over preset=fast,slow"
            )
        options[name] = listed
    return options


def _print(decision: Decision, out: Path) -> None:
    """The table, what to know before believing it, and what to type."""
    from ahc_stream.cli.terminal import console
    from ahc_stream.core.text_table import print_numbers

    terminal = console()
    labels = list(dict.fromkeys(each.label for choice in decision.choices for each in choice.qualities))
    headings = ["point", "outcome", "bpp", "kbit/s", "rate to anchor", *labels, "encode ms", "points coded"]
    rows = [_row(choice, labels) for choice in decision.ranked]
    shown = [index for index, cells in enumerate(zip(*rows, strict=True)) if set(cells) != {"-"}]
    table = [[row[index] for index in shown] for row in rows]
    print_numbers(terminal, [headings[index] for index in shown], table, keys=2, title=decision.wish)
    remarks = dict.fromkeys(remark for choice in decision.ranked for remark in choice.remarks)
    for line in (*decision.sentences, *remarks):
        say(line)
    for choice in decision.ranked[:1]:
        for line in choice.commands:
            say(f"    {line}")
    say(f"tables: {out}    next: ahc-stream report {out}")


def _row(choice: Choice, labels: list[str]) -> list[str]:
    by_label = {each.label: each.text for each in choice.qualities}
    return [
        choice.point or choice.curve,
        choice.outcome,
        _number(choice.bpp, ".4f"),
        _number(choice.kbit_s, ".1f"),
        "-" if choice.saving is None else f"{1 - choice.saving:.2f} x",
        *(by_label.get(label, "-") for label in labels),
        _number(choice.encode_ms, ".1f"),
        f"{choice.encodes:g} of {choice.rungs}",
    ]


def _number(value: float | None, form: str) -> str:
    return "-" if value is None else f"{value:{form}}"
