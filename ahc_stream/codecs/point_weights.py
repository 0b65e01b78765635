"""Weights that an operating point names for itself: `mbt2018-mean@4:weights=a.pth:label=mine`.

A text's point holds the path under `weights` and the name under `label`. As rows have it, `weights` holds the name, and
who runs the point keeps the path beside it: see `settled`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.learned import points
from ahc_stream.codecs.learned.points import WEIGHTS
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint

LABEL = "label"
"""The option that says what rows call the weights; without it their file's or folder's name."""

RULE = (
    "NAME-Q-mse in a folder of weights is the file of quality Q of the codec NAME (of file.py:Name, Name), "
    "NAME-mse that of a codec of variable rate, with .pth.tar, .pth, .pt or .safetensors behind it; "
    "a file as CompressAI's zoo names it is found too"
)
"""Which file of a folder serves a quality."""


def split(entry: CodecEntry, options: Mapping[str, str]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The options that make a curve, and `weights` and `label`. A codec without networks takes neither, and says so
    when it is asked for its point. Raises InvalidValue for a label without weights."""
    if entry.family == "traditional":
        return options, {}
    own = {name: value for name, value in options.items() if name in (WEIGHTS, LABEL)}
    if LABEL in own and WEIGHTS not in own:
        raise InvalidValue("label=NAME beside weights=FILE", f"label={own[LABEL]} alone", "name the weights too")
    return {name: value for name, value in options.items() if name not in own}, own


def without_quality(name: str, entry: CodecEntry, own: Mapping[str, str]) -> bool:
    """Whether a point without a quality stands for the weights alone: those of one file, or of a model that has no
    qualities of its own."""
    if points.has_variable_rate(name):
        return False
    return WEIGHTS in own and entry.family == "learned" and (is_file(own[WEIGHTS]) or entry.qualities() == (None,))


def is_file(weights: str | None) -> bool:
    """Whether they are one file, for one quality: no folder, and no random ones."""
    return weights is not None and points.seed_of(weights) is None and not Path(weights).expanduser().is_dir()


def check_one_quality(text: str, name: str, own: Mapping[str, str], qualities: int) -> None:
    """Raises InvalidValue where several qualities would have the weights of one file that serves but one."""
    if qualities > 1 and not points.has_variable_rate(name) and is_file(own.get(WEIGHTS)):
        got = f"{qualities} qualities with one file"
        raise InvalidValue(f"a file of weights for each quality in {text!r}", got, f"name a folder: {RULE}")


def of_row(point: OperatingPoint, own: Mapping[str, str]) -> OperatingPoint:
    """The point with `weights` and `label` among its options again."""
    return replace(point, options=tuple(sorted({**dict(point.options), **own}.items())))


def settled(point: OperatingPoint, weights: str | None) -> tuple[OperatingPoint, str | None]:
    """The point as rows have it, and the path of its weights; None for published ones.

    weights:  those of points that name none. Raises InvalidValue for a label that no table can tell from another.
    """
    options = dict(point.options)
    path, label = options.pop(WEIGHTS, weights), options.pop(LABEL, None)
    if path is None:
        return point, None
    named = points.labelled(replace(point, options=tuple(sorted(options.items()))), label or path)
    return named, path


def file_point(point: OperatingPoint) -> OperatingPoint:
    """The point by whose codec files in a folder are named: of `elic.py:Elic` it is `Elic`."""
    return replace(point, codec=point.codec.rpartition(":")[2])
