"""The command line: one file per command, each importing what it needs when it is called, so that --help is quick."""

from __future__ import annotations

import functools
import inspect as inspection
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

import ahc_stream
from ahc_stream.cli import (
    bench,
    choose,
    compact,
    compare,
    data,
    decode,
    doctor,
    encode,
    exits,
    inspect,
    listing,
    logs,
    ls,
    measure,
    report,
    run,
    verify,
)
from ahc_stream.cli import weights as weights_commands
from ahc_stream.cli.pipes import tolerate_closed_pipes
from ahc_stream.cli.score import classification, detection, edges, ocr, pose, segmentation, tracking
from ahc_stream.cli.terminal import say

OPTIONS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def _group(help_text: str, **settings: Any) -> typer.Typer:
    """Commands whose help is plain text: in rich's markup `:B:` is an emoji and `[extra]` a style."""
    return typer.Typer(
        help=help_text, no_args_is_help=True, rich_markup_mode=None, context_settings=OPTIONS, **settings
    )


def _print_version(is_asked: bool) -> None:
    if is_asked:
        say(f"ahc-stream {ahc_stream.__version__}")
        raise typer.Exit


app = _group(
    "Measure what compression does to what machines see. Frames stream through codecs, metrics and vision tasks "
    "into tables.",
    epilog=exits.help_text(),
    pretty_exceptions_enable=False,
)


@app.callback()
def program(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and end.", callback=_print_version, is_eager=True)
    ] = False,
    quiet: logs.Quiet = False,
    verbose: logs.Verbose = 0,
    log: logs.LogFile = None,
) -> None:
    """What the program takes in front of a command."""
    logs.in_front = logs.Loudness(quiet, verbose, log)


data_app = _group("List, find, check and download datasets and weights.")
score_app = _group("Score files that another program wrote.")
weights_app = _group("List weights with source and hash, fetch, find and check them.")


def _add(parent: typer.Typer, name: str, command: Callable[..., None], summary: str) -> None:
    """`summary` stands in the list of commands, where the first sentence of a help page would be cut."""

    @functools.wraps(command)
    def as_command(*args: Any, quiet: bool = False, verbose: int = 0, log: Path | None = None, **kwargs: Any) -> None:
        behind = logs.Loudness(quiet, verbose, log)
        with exits.errors_as_exit_codes(), logs.said(logs.in_front.with_more(behind)):
            command(*args, **kwargs)

    signature = inspection.signature(command, eval_str=True)
    parameters = [*signature.parameters.values(), *logs.BEHIND]
    as_command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # typer reads it
    parent.command(name, short_help=summary, context_settings=OPTIONS)(as_command)


_add(app, "run", run.run, "Run an experiment and write its tables.")
_add(app, "ls", ls.list_runs, "List runs, and how far they are.")
_add(app, "choose", choose.choose, "Find the cheapest coding that keeps a task.")
_add(app, "report", report.report, "Print a run's results and write its page.")
_add(app, "measure", measure.measure, "Measure one file against another.")
_add(app, "compare", compare.compare, "Compare two runs on the same data.")
_add(app, "verify", verify.verify, "Check or repair the folder of a run.")
_add(app, "compact", compact.compact, "Join the small files of a run.")
_add(app, "encode", encode.encode, "Encode pictures or video into one file.")
_add(app, "decode", decode.decode, "Decode a file into pictures or video.")
_add(app, "inspect", inspect.inspect, "Print what a coded file says about itself.")
_add(app, "list", listing.list_names, "List codecs, datasets, metrics and more.")
_add(app, "bench", bench.bench, "Time the parts of a run on this device.")
_add(app, "doctor", doctor.doctor, "Try what works on this machine.")

app.add_typer(data_app, name="data")
_add(data_app, "list", data.list_all, "List all datasets and weights.")
_add(data_app, "path", data.path, "Print where they lie.")
_add(data_app, "check", data.check, "Say what is missing or differs.")
_add(data_app, "download", data.download, "Fetch them into AHC_STREAM_HOME.")

app.add_typer(weights_app, name="weights")
_add(weights_app, "list", weights_commands.list_all, "List all weights.")
_add(weights_app, "fetch", data.download, "Fetch them into AHC_STREAM_HOME.")
_add(weights_app, "path", data.path, "Print where they lie.")
_add(weights_app, "check", data.check, "Say what is missing or differs.")

app.add_typer(score_app, name="score")
_add(score_app, "detection", detection.detection, "Score boxes as pycocotools does.")
_add(score_app, "segmentation", segmentation.segmentation, "Score masks as pycocotools does.")
_add(score_app, "pose", pose.pose, "Score keypoints as pycocotools does.")
_add(score_app, "tracking", tracking.tracking, "Score tracks as TrackEval does.")
_add(score_app, "edges", edges.edges, "Score edge maps against BSDS500.")
_add(score_app, "ocr", ocr.ocr, "Score texts that were read.")
_add(score_app, "classification", classification.classification, "Score predicted classes.")


def main() -> None:
    """The entry point of the console script."""
    tolerate_closed_pipes()
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # what goes wrong with a server is an error of ours
    app()
