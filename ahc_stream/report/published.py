"""Curves that others published, drawn beside a run's own: the result files of CompressAI's tools.

    {"name": "mbt2018-mean", "description": "Inference (ans)", "results": {"bpp": [...], "psnr-rgb": [...], ...}}

Its tools write such a file (`compressai.utils.eval_model`, `compressai.utils.bench`) and draw it
(`compressai.utils.plot`), and the project publishes its results in it; the object `results` may also stand alone.
Values are means over the images of a data set. Which of our metrics a key of such a file means, the metric's own row
says (`metrics.Metric.compressai`): only of those is the definition the same, and only those are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ahc_stream import metrics
from ahc_stream.core.errors import InvalidValue, MediaError
from ahc_stream.core.file_names import readable
from ahc_stream.core.foreign_json import read_json
from ahc_stream.core.foreign_text import shown
from ahc_stream.report.analysis import Analysis

RATE = "bpp"
RESULTS = "results"
TODO = "write it as compressai.utils.eval_model does, or leave the file out"
NO_CURVE = {"name", "description", "encoding_time", "decoding_time"}
"""What a file says beside metrics; its seconds are of another machine."""


@dataclass(frozen=True)
class PublishedCurve:
    """name, description: as the file says. bpp: rising. values: by the name of one of our metrics, a value at each
    rate. left_out: keys of the file that are not drawn."""

    name: str
    description: str
    bpp: tuple[float, ...]
    values: Mapping[str, tuple[float, ...]]
    left_out: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Its name in a chart."""
        return f"{self.name} (published)"

    @property
    def is_estimated(self) -> bool:
        """Whether its rate is an entropy model's estimate, by its own description."""
        return "estimation" in self.description.lower()

    def points(self, metric: str) -> list[tuple[float, float]]:
        """Rate and value of a metric, by rate; none where the file does not have it."""
        return list(zip(self.bpp, self.values[metric], strict=True)) if metric in self.values else []


def with_published(analysis: Analysis, curves: Iterable[PublishedCurve]) -> Analysis:
    """The analysis with curves of others beside its own. Raises InvalidValue for one that has no metric of the run."""
    curves = tuple(curves)
    measured = {quantity.name for quantity in analysis.quantities if quantity.is_metric}
    for curve in curves:
        if not measured & curve.values.keys():
            expected = f"a metric of the run in {curve.name}: {', '.join(sorted(measured)) or 'it has none'}"
            todo = "run again with --metric for one of these, or leave the file out"
            raise InvalidValue(expected, ", ".join(sorted(curve.values)), todo)
    return replace(analysis, published=curves)


def read_published(path: Path) -> PublishedCurve:
    """Raises MissingData, and MediaError for a file that is no such result: what is not JSON, lists of other lengths
    than the rates', a value that is no finite number, no metric that is one of ours."""
    content = read_json(path, TODO)
    results = content.get(RESULTS, content)
    if not isinstance(results, dict):
        raise MediaError(f"an object as {RESULTS} in {path}", shown(results), TODO)
    known = [key for keys in _keys().values() for key in keys]
    if RATE not in results:
        raise MediaError(f"{RATE} in {path}, bits per pixel", f"only {_listed(results)}", TODO)
    bpp = _numbers(path, RATE, results[RATE])
    if any(rate <= 0 for rate in bpp):
        raise MediaError(f"rates above 0 as {RATE} in {path}", shown(min(bpp)), TODO)
    values = dict(_values(path, results, len(bpp)))
    if not values:
        raise MediaError(f"any of {', '.join(known)} in {path}", f"only {_listed(results)}", TODO)
    order = sorted(range(len(bpp)), key=bpp.__getitem__)
    return PublishedCurve(
        name=_text(content.get("name")) or readable(path.stem),
        description=_text(content.get("description")),
        bpp=tuple(bpp[place] for place in order),
        values={name: tuple(column[place] for place in order) for name, column in values.items()},
        left_out=tuple(readable(key) for key in results if key != RATE and key not in known and key not in NO_CURVE),
    )


def _keys() -> dict[str, tuple[str, ...]]:
    """Those of our metrics that such files have too -> their keys."""
    return {name: metric.compressai for name, metric in metrics.METRICS.items() if metric.compressai}


def _values(path: Path, results: Mapping[str, object], count: int) -> Iterator[tuple[str, list[float]]]:
    """Our metrics with their values; of several keys of a metric, the first that is there."""
    for name, keys in _keys().items():
        key = next((key for key in keys if key in results), None)
        if key is not None:
            yield name, _of_metric(path, key, name, results[key], count)


def _of_metric(path: Path, key: str, name: str, values: object, count: int) -> list[float]:
    numbers = _numbers(path, key, values)
    if len(numbers) != count:
        raise MediaError(f"{count} values of {key} in {path}, as many as of {RATE}", str(len(numbers)), TODO)
    if metrics.METRICS[name].unit == "1" and any(not 0 <= number <= 1 for number in numbers):
        todo = "of decibels d, write 1 - 10^(-d / 10)"
        raise MediaError(f"values of {key} from 0 to 1 in {path}", shown(max(numbers, key=abs)), todo)
    return numbers


def _numbers(path: Path, key: str, values: object) -> list[float]:
    if not isinstance(values, list) or not values:
        raise MediaError(f"a list of numbers as {key} in {path}", shown(values), TODO)
    numbers = list(map(_finite, values))
    if None in numbers:
        place = numbers.index(None)
        raise MediaError(f"a finite number as {key}[{place}] in {path}", shown(values[place]), TODO)
    return [number for number in numbers if number is not None]


def _finite(value: object) -> float | None:
    """A finite number; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _text(value: object) -> str:
    return readable(value) if isinstance(value, str) else ""


def _listed(results: Mapping[str, object]) -> str:
    return ", ".join(shown(key) for key in results) or "an empty object"
