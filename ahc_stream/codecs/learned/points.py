"""What an operating point of a learned codec means: a checkpoint of the zoo, or weights of one's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ahc_stream.codecs.table import WEIGHTS
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.weights import zoo

LITE = "-lite"
"""End of the names of the narrow models that come with the package."""

RANDOM = "random:"
"""`weights="random:SEED"` asks for seeded random weights. They are never used unless asked for."""


def architecture_of(codec: str) -> str:
    """CompressAI's name of the architecture: "mbt2018-mean" for "mbt2018-mean-lite" too."""
    return codec.removesuffix(LITE)


def metric_of(point: OperatingPoint) -> str:
    """What the weights were trained for: "mse" where the point does not say."""
    return dict(point.options).get("metric", "mse")


def quality_of(point: OperatingPoint) -> int:
    """The zoo's index of the checkpoint. Raises InvalidValue where the point has none."""
    if point.quality is None or point.quality != int(point.quality):
        raise InvalidValue(f"for {point.codec} a whole quality", str(point.quality), f"write {point.codec}@1")
    return int(point.quality)


def weight_name(point: OperatingPoint) -> str:
    """The name, in the table of weights, of the checkpoint for this point; raises as `zoo.weight_name`."""
    if point.codec.endswith(LITE):
        return f"{point.codec}-{quality_of(point)}-{metric_of(point)}"
    return zoo.weight_name(point.codec, quality_of(point), metric_of(point))


def seed_of(weights: str | None) -> int | None:
    """The seed in "random:SEED"; None for weights of another kind. Raises InvalidValue for a seed that is no number."""
    if weights is None or not weights.startswith(RANDOM):
        return None
    seed = weights.removeprefix(RANDOM)
    if not seed.isdecimal():
        raise InvalidValue("random:SEED with a whole number", repr(weights), "write for instance random:0")
    return int(seed)


def labelled(point: OperatingPoint, weights: str | None, **defaults: str) -> OperatingPoint:
    """The point with `metric`, the other `defaults` and, where they are not the zoo's, its weights among its options.

    So rows made with other weights never mix with the zoo's. Random weights are called `random-SEED`, a file or a
    folder by its name; colons and equals signs belong to the text form of options and become dashes.
    """
    options = {"metric": "mse", **defaults, **dict(point.options)}
    if weights is not None:
        name = weights if seed_of(weights) is not None else Path(weights).name
        options[WEIGHTS] = name.replace(":", "-").replace("=", "-")
    return replace(point, options=tuple(sorted(options.items())))
