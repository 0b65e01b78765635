"""The command line: one file per command, each importing what it needs when it is called, so that --help is quick."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable

import typer

from ahc_stream.cli import compare, data, decode, doctor, encode, inspect, listing, report, run, score, verify, weights
from ahc_stream.cli.exits import EXIT_CODES, told

OPTIONS = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    help="What does compression do to what machines see? Frames through codecs, metrics and vision tasks, into tables.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=OPTIONS,
)
data_app = typer.Typer(help="Datasets and weights: list, find, check, download.", no_args_is_help=True)
app.add_typer(data_app, name="data")
score_app = typer.Typer(help="Score files that another program wrote.", no_args_is_help=True)
app.add_typer(score_app, name="score")
weights_app = typer.Typer(help="Weights alone: list with source and hash, fetch, find.", no_args_is_help=True)
app.add_typer(weights_app, name="weights")


def _add(parent: typer.Typer, name: str, command: Callable[..., None]) -> None:
    @functools.wraps(command)
    def telling(*args, **kwargs) -> None:
        with told():
            command(*args, **kwargs)

    parent.command(name, context_settings=OPTIONS)(telling)


_add(app, "run", run.run)
_add(app, "report", report.report)
_add(app, "compare", compare.compare)
_add(app, "verify", verify.verify)
_add(app, "encode", encode.encode)
_add(app, "decode", decode.decode)
_add(app, "inspect", inspect.inspect)
_add(app, "list", listing.list_names)
_add(app, "doctor", doctor.doctor)
_add(data_app, "list", data.list_all)
_add(data_app, "path", data.path)
_add(data_app, "check", data.check)
_add(data_app, "download", data.download)
_add(weights_app, "list", weights.list_all)
_add(weights_app, "fetch", data.download)
_add(weights_app, "path", data.path)
_add(weights_app, "check", data.check)
_add(score_app, "edges", score.edges)


def main() -> None:
    """The entry point of the console script."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s", stream=sys.stderr)
    app()
