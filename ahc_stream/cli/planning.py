"""ahc-stream run --plan: what a run would do, what it lacks, and what it would cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ahc_stream.cli.curves import curves_text
from ahc_stream.cli.terminal import console, say
from ahc_stream.core.errors import AhcStreamError
from ahc_stream.core.json_text import json_text
from ahc_stream.core.wording import counted
from ahc_stream.experiment import Experiment
from ahc_stream.forecast import Calibration, Forecast, forecast

GIB, MIB, KIB = 2**30, 2**20, 2**10


def print_forecast(experiment: Experiment, as_json: bool) -> bool:
    """Prints it; whether all that the run needs is here."""

    terminal = console(stderr=True)
    terminal.print(
        "planning: what is missing is looked for; then a few frames are run, once to warm up, once with a clock"
    )
    told = forecast(experiment)
    if as_json:
        say(json_text(_facts(told), default=str))
    else:
        for line in _lines(told):
            say(line)
    return not told.missing


def _lines(told: Forecast) -> Iterator[str]:
    names = told.names
    yield f"dataset: {told.experiment.dataset}: {_items(told)}"
    points = curves_text((point.codec, point.quality, point.options_text) for point in names.points)
    yield f"operating points: {len(names.points)}: {points}"
    yield f"tasks: {', '.join(map(str, names.tasks)) or 'none'}"
    yield f"metrics: {', '.join(names.metrics) or 'none'}"
    yield f"device: {names.device}" + (f", {told.plan.lanes}" if told.plan else "")
    if told.plan is not None:
        yield from (f"note: {note}" for note in told.plan.dataset.notes)
    for error in told.missing:
        yield f"missing: {_lack(error)}"
    if told.calibration is not None:
        yield f"time: {_time(told, told.calibration)}"
        yield f"disk: {_disk(told)}"
    if told.plan is not None:
        from ahc_stream.cli.run_messages import bound, bound_of_gpu

        bounds = filter(None, (bound(told.plan), bound_of_gpu(told.plan)))
        yield from (f"memory: {of_what}" for of_what in bounds)
    yield f"out: {_out(told)}"
    yield "the same as a file in this folder, exp.toml:"
    yield from (f"    {line}" for line in _file(told.experiment))


def _items(told: Forecast) -> str:
    if told.items is None or told.frames is None:
        return "not here"
    items = counted(told.items, "item")
    index, count = told.experiment.shard
    of_shard = f" of shard {index}/{count}" if count > 1 else ""
    if told.uncounted:
        known = (
            f"{counted(told.frames, 'frame')} and those of {counted(told.uncounted, 'video')} whose header says nothing"
        )
        return f"{items}{of_shard}, {known}"
    return f"{items}{of_shard}, {counted(told.frames, 'frame')}"


def _lack(error: AhcStreamError) -> str:
    return f"{error.expected} ({error.got}); {error.todo}"


def _time(told: Forecast, measured: Calibration) -> str:
    if not measured.rows:
        return f"unknown: every frame of the calibration failed; {measured.failure}"
    rate = f"{1000 * measured.seconds_per_row:.0f} ms a frame and operating point"
    begun = f"{measured.setup_seconds:.1f} s to begin"
    whole = (
        "unknown in all, for the frames are not counted" if told.seconds is None else f"about {_duration(told.seconds)}"
    )
    estimated = (
        f"estimated from {counted(measured.frames, 'frame')} of {measured.item} in {measured.took_seconds:.1f} s"
    )
    failed = f"; something failed there: {measured.failure}" if measured.failure else ""
    return f"{whole}, as if nothing were done yet: {begun}, {rate}; {estimated}{failed}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{max(seconds, 0.1):.1f} s"


def _disk(told: Forecast) -> str:
    free = "" if told.free_bytes is None else f"; {_size(told.free_bytes)} are free there"
    if told.table_bytes is None or told.picture_bytes is None:
        return f"unknown{free}"
    pictures = f", and {_size(told.picture_bytes)} of decoded frames (PNG)" if told.picture_bytes else ""
    return f"about {_size(told.table_bytes)} of rows{pictures}{free}"


def _size(count: float) -> str:
    for unit, name in ((GIB, "GiB"), (MIB, "MiB"), (KIB, "KiB")):
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count:.0f} bytes"


def _out(told: Forecast) -> str:
    from ahc_stream.runs.overviews import is_run, overview

    out = told.experiment.out
    assert out is not None, "a command line has a default"
    if not is_run(out):
        return f"{out}, where no run is yet"
    there = overview(out)
    return f"{out}, where a run is: {there.done} of {counted(there.items, 'item')} done, {there.state}"


def _file(experiment: Experiment) -> list[str]:
    from ahc_stream.experiment_file import as_toml

    return as_toml(experiment).splitlines()


def _facts(told: Forecast) -> dict[str, Any]:
    """Unknown values are null; times in seconds, sizes in bytes."""
    names, measured = told.names, told.calibration
    return {
        "dataset": told.experiment.dataset,
        "items": told.items,
        "frames": told.frames,
        "videos_without_a_count": told.uncounted,
        "points": [str(point) for point in names.points],
        "tasks": [str(spec) for spec in names.tasks],
        "metrics": names.metrics,
        "device": str(names.device),
        "missing": [{"what": error.expected, "got": error.got, "todo": error.todo} for error in told.missing],
        "seconds": told.seconds,
        "calibration": None if measured is None else vars(measured),
        "table_bytes": told.table_bytes,
        "picture_bytes": told.picture_bytes,
        "free_bytes": told.free_bytes,
        "most_alive": None if told.plan is None else told.plan.most_alive,
        "out": told.experiment.out,
    }
