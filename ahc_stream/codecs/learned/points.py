"""What an operating point of a learned codec says about its weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ahc_stream import weights as published
from ahc_stream.codecs.table import CODECS
from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.point import OperatingPoint
from ahc_stream.weights import zoo

WEIGHTS = "weights"
"""The option that names weights in rows, where they are not the published ones: see `labelled`."""

RANDOM = "random:"
"""`weights="random:SEED"` asks for seeded random weights. They are never used unless asked for."""

LONGEST_SEED = 18
"""Digits: it fits into 63 bits."""

_IN_ZOO = frozenset(codec for codec, _ in zoo.FILES)


def metric_of(point: OperatingPoint) -> str:
    """What the weights were trained for: "mse" where the point does not say."""
    return dict(point.options).get("metric", "mse")


def has_variable_rate(codec: str) -> bool:
    """Whether one checkpoint serves every quality of the codec, as its row says."""
    return codec in CODECS and CODECS[codec].variable_rate


def quality_of(point: OperatingPoint) -> float:
    """The index of the checkpoint, a whole number; 0 of a file of one's own without one. Of a codec of variable rate
    what its networks take. Raises InvalidValue where it is missing."""
    is_variable = has_variable_rate(point.codec)
    if point.quality is None and WEIGHTS in dict(point.options) and not is_variable:
        return 0
    if point.quality is None or (point.quality != int(point.quality) and not is_variable):
        kind = "a quality" if is_variable else "a whole quality"
        raise InvalidValue(f"for {point.codec} {kind}", str(point.quality), f"write {point.codec}@1")
    return point.quality if is_variable else int(point.quality)


def checkpoint_name(point: OperatingPoint) -> str:
    """What a checkpoint for this point is called, "cheng2020-anchor-4-mse".

    Raises InvalidValue for a metric or a quality that CompressAI's zoo lacks, where the codec is one of the zoo's.
    """
    if has_variable_rate(point.codec):
        return f"{point.codec}-{metric_of(point)}"
    quality, metric = int(quality_of(point)), metric_of(point)
    if point.codec in _IN_ZOO:
        return zoo.weight_name(point.codec, quality, metric)
    return f"{point.codec}-{quality}-{metric}"


def published_name(point: OperatingPoint) -> str:
    """The name, in the table of weights, of the checkpoint for this point. Raises MissingData where it has none."""
    name = checkpoint_name(point)
    if name not in published.table():
        todo = "name a checkpoint with --weights, or ask for random weights with --weights random:0"
        raise MissingData(f"published weights for {point}", "none", todo)
    return name


def seed_of(weights: str | None) -> int | None:
    """The seed in "random:SEED"; None for weights of another kind. Raises InvalidValue for a seed that is no number."""
    if weights is None or not weights.startswith(RANDOM):
        return None
    seed = weights.removeprefix(RANDOM)
    if not (seed.isascii() and seed.isdecimal() and len(seed) <= LONGEST_SEED):
        expected = f"random:SEED with a whole number of at most {LONGEST_SEED} digits"
        raise InvalidValue(expected, shown(weights), "write for instance random:0")
    return int(seed)


def labelled(point: OperatingPoint, weights: str | None) -> OperatingPoint:
    """The point with its weights among its options, where they are not the published ones.

    So rows made with other weights never mix with theirs. Random weights are called `random-SEED`, a file or a folder
    by its name; colons and equals signs belong to the text form of options and become dashes.
    """
    if weights is None:
        return point
    name = weights if seed_of(weights) is not None else Path(weights).name
    label = name.replace(":", "-").replace("=", "-")
    return replace(point, options=tuple(sorted({**dict(point.options), WEIGHTS: label}.items())))
