"""ahc-stream list: what the tables hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from ahc_stream.cli.terminal import say, say_all

if TYPE_CHECKING:
    from ahc_stream.codecs import CodecEntry


def list_names(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="WHAT", help="codecs, datasets, metrics, sources or tasks.", show_default="all of them, in turn"
        ),
    ] = None,
) -> None:
    """List codecs, datasets, metrics, sources or tasks, with their options and defaults."""
    from ahc_stream.core.errors import UnknownName

    if what is None:
        for name, lines in LISTS.items():
            say(f"{name}:")
            say_all(f"  {line}" for line in lines())
        return
    if what not in LISTS:
        raise UnknownName.among("list", what, LISTS)
    say_all(LISTS[what]())


def _codecs() -> Iterator[str]:
    from ahc_stream.codecs import CODECS, CONTROL
    from ahc_stream.codecs.table import BUILT_IN

    for name, entry in CODECS.items():
        yield f"{name:22} {entry.description}{_needs(entry)}"
        yield from _knobs(entry)
        for name_of_option, option in entry.options.items():
            yield f"{'':24} {name_of_option}={option.default} ({option.takes}): {option.meaning}"
    yield from _plugins("codecs", BUILT_IN, 22)
    yield f"{'ffmpeg:<encoder>':22} any other encoder of PyAV's FFmpeg; without a quality once, with its own defaults"
    yield f"{'':24} @ its CRF, QP, quantiser scale or bit rate, as {CONTROL} names it, where it has one"
    yield f"{'':24} an option of its own, as FFmpeg spells it, that the point does not void"
    yield f"{'compressai:<model>':22} any other picture model of CompressAI's registry, with weights=FILE"
    yield f"{'file.py:<name>':22} code of your own: a codec, or a model with compress and decompress"
    yield f"{'exec:<file.toml>':22} an encoder and a decoder that are programs; the file says how they are called"


def _plugins(kind: str, built_in: Collection[str], width: int) -> Iterator[str]:
    """Names and packages; none of their code is loaded."""
    from ahc_stream.core.plugins import plugins

    for name, plugin in plugins(kind, built_in).items():
        yield f"{name:{width}} from {plugin.package}"


def _needs(entry: CodecEntry) -> str:
    """What has to be installed beside ahc-stream."""
    return f"; needs ahc-stream[{entry.extra}]" if entry.extra else ""


def _knobs(entry: CodecEntry) -> Iterator[str]:
    from ahc_stream.codecs import CONTROL

    for knob in entry.knobs:
        named = f"{CONTROL}={knob.control}: " if knob.control else ""
        defaults = ",".join(map(knob.text, knob.defaults))
        yield f"{'':24} @ {named}{knob.takes}" + (f"; default {defaults}" if defaults else "")


def _datasets() -> Iterator[str]:
    from ahc_stream.datasets import DATASETS, FOLDER_ASSUMES, OWN_ASSUMES
    from ahc_stream.datasets.table import BUILT_IN

    for name, entry in DATASETS.items():
        yield f"{name:16} {entry.description} ({entry.licence}); tasks: {', '.join(entry.tasks) or 'none'}"
        yield f"{'':18} {entry.assumes}"
    yield from _plugins("datasets", BUILT_IN, 16)
    yield f"{'a path':16} any folder of images or videos, or one file, with labels or without"
    yield f"{'':18} {OWN_ASSUMES}"
    yield f"{'':18} {FOLDER_ASSUMES}"


def _metrics() -> Iterator[str]:
    from ahc_stream.metrics import METRICS
    from ahc_stream.metrics.table import BUILT_IN

    for name, metric in METRICS.items():
        better = "higher" if metric.higher_is_better else "lower"
        yield f"{name:12} [{metric.unit or '1'}, {better} is better] {metric.definition}"
        yield from (f"{'':14} {word}: {said}" for word, said in metric.facts.items())
        for name_of_option, option in metric.options.items():
            yield f"{'':14} {name_of_option}={option.default} ({option.takes}): {option.meaning}"
    yield from _plugins("metrics", BUILT_IN, 12)


def _sources() -> Iterator[str]:
    from ahc_stream.sources import SOURCES, assumptions

    for name, description in SOURCES.items():
        yield f"{name:10} {description}"
        for assumption in assumptions(name):
            yield f"{'':12} {assumption}"


def _tasks() -> Iterator[str]:
    from ahc_stream.tasks import TASKS
    from ahc_stream.tasks.table import BUILT_IN

    for name, entry in TASKS.items():
        yield f"{name:14} {entry.description}"
        for name_of_option, option in entry.options.items():
            yield f"{'':16} {name_of_option}={option.default}: {option.meaning}"
    yield from _plugins("tasks", BUILT_IN, 14)


LISTS: dict[str, Callable[[], Iterator[str]]] = {
    "codecs": _codecs,
    "datasets": _datasets,
    "metrics": _metrics,
    "sources": _sources,
    "tasks": _tasks,
}
