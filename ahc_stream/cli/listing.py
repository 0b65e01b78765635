"""ahc-stream list: what the tables hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ahc_stream.codecs import Entry

WHAT = ("codecs", "datasets", "metrics", "sources", "tasks")


def list_names(what: Annotated[str, typer.Argument(help=" | ".join(WHAT))]) -> None:
    """List codecs, datasets, metrics, sources or tasks, with their options and defaults."""
    from ahc_stream.core.errors import UnknownName

    if what not in WHAT:
        raise UnknownName.among("list", what, WHAT)
    for line in globals()[f"_{what}"]():
        print(line)


def _codecs() -> Iterator[str]:
    from ahc_stream.codecs import CODECS, CONTROL

    for name, entry in CODECS.items():
        yield f"{name:22} {entry.description}"
        yield from _knobs(entry)
        for option, meaning in entry.options.items():
            yield f"{'':24} {option}={meaning.default} ({meaning.takes}): {meaning.meaning}"
    yield f"{'ffmpeg:<encoder>':22} any other encoder of PyAV's FFmpeg, once with its own defaults where no quality is named"
    yield f"{'':24} @ its CRF, QP, quantiser scale or bit rate, as {CONTROL} names it, where it has one"
    yield f"{'':24} an option of its own, as FFmpeg spells it, that the point does not void"


def _knobs(entry: Entry) -> Iterator[str]:
    from ahc_stream.codecs import CONTROL

    for knob in entry.knobs:
        named = f"{CONTROL}={knob.control}: " if knob.control else ""
        defaults = ",".join(map(knob.text, knob.defaults))
        yield f"{'':24} @ {named}{knob.takes}" + (f"; default {defaults}" if defaults else "")


def _datasets() -> Iterator[str]:
    from ahc_stream.datasets import DATASETS

    for name, entry in DATASETS.items():
        yield f"{name:14} {entry.description} ({entry.licence}); tasks: {', '.join(entry.tasks) or 'none'}"
    yield f"{'a path':14} any folder of images or videos, or one file"


def _metrics() -> Iterator[str]:
    from ahc_stream.metrics import METRICS

    for name, metric in METRICS.items():
        better = "higher" if metric.higher_is_better else "lower"
        yield f"{name:12} [{metric.unit or '1'}, {better} is better] {metric.definition}"


def _sources() -> Iterator[str]:
    from ahc_stream.sources import SOURCES

    for name, description in SOURCES.items():
        yield f"{name:10} {description}"


def _tasks() -> Iterator[str]:
    from ahc_stream.tasks import TASKS

    for name, entry in TASKS.items():
        yield f"{name:14} {entry.description}"
        for option, meaning in entry.options.items():
            yield f"{'':16} {option}={meaning.default}: {meaning.meaning}"
