"""The ladder of a curve: its operating points from the lowest quality to the highest."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ahc_stream import codecs
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint

RUNGS_OF_A_NUMBER = 64
"""Of a knob that takes any number and whose range holds fewer whole ones."""


@dataclass(frozen=True)
class Rung:
    """One operating point, and the text that an experiment takes for it."""

    text: str
    point: OperatingPoint


def ladders(texts: Iterable[str], over: Mapping[str, Sequence[str]]) -> list[tuple[Rung, ...]]:
    """One ladder for each codec, and for each of its variants.

    texts:  as `run --codec` takes them; without qualities the whole range of the codec's knob.
    over:   option -> values: a codec that takes the option has a curve for each value.
    Raises what `codecs.parse` raises, and InvalidValue for a codec without a knob and for options that no codec takes.
    """
    written = list(texts)
    takers = {name: [text for text in written if name in _entry(text).options] for name in over}
    for name, taking in takers.items():
        if not taking:
            raise InvalidValue(f"a codec that takes {name}", ", ".join(written), f"leave --over {name} out")
    return [_ladder(variant) for text in written for variant in _variants(text, over)]


def _variants(text: str, over: Mapping[str, Sequence[str]]) -> list[str]:
    options = _entry(text).options
    choices = [[f":{name}={value}" for value in values] for name, values in over.items() if name in options]
    return ["".join((text, *chosen)) for chosen in itertools.product(*choices)]


def _entry(text: str) -> codecs.CodecEntry:
    return codecs.find(codecs.parse(text)[0].codec)


def _ladder(text: str) -> tuple[Rung, ...]:
    named = codecs.parse(text)
    knob = _knob(named[0])
    if knob is None:
        todo = "name its qualities where it has any, as ffmpeg:mpeg4@2..20, or take it into a run of its own"
        raise InvalidValue("a codec whose quality can be searched", text, todo)
    if any(_knob(point) != knob for point in named):
        todo = "give each kind a --codec of its own"
        raise InvalidValue("qualities of one kind in a search", f"knobs and bit rates in {text}", todo)
    if codecs.names_qualities(text):
        rungs = {point.quality: point for point in named}
    else:
        every = _whole_range(text, knob) + ([] if knob.lossless is None else [knob.lossless])
        rungs = {quality: codecs.parse(_at(text, knob, quality))[0] for quality in every}
    if len(rungs) < 2:
        todo = "write a range, as h264@18..40, or no quality for all of them"
        raise InvalidValue("two qualities or more to choose among", text, todo)
    ordered = sorted(rungs.items(), key=lambda rung: rung[0] or 0, reverse=not knob.higher_is_better)
    return tuple(Rung(_at(text, knob, quality), point) for quality, point in ordered)


def _at(text: str, knob: codecs.Knob, quality: float | None) -> str:
    return codecs.at_quality(text, knob.text(quality or 0))


def _knob(point: OperatingPoint) -> codecs.Knob | None:
    """The knob that the point's quality is of."""
    control = dict(point.options).get(codecs.CONTROL, "")
    knobs = codecs.find(point.codec).knobs
    return next((knob for knob in knobs if knob.control == control), None)


def _whole_range(text: str, knob: codecs.Knob) -> list[float]:
    """Every whole number of a knob; where there are few, numbers that grow by equal factors, with three digits."""
    if not math.isfinite(knob.high) or knob.high - knob.low > 1000:
        raise InvalidValue(
            f"qualities to choose among, for {text} has no range of its own", text, f"write {text}@1..10"
        )
    whole = [float(number) for number in range(math.ceil(knob.low), math.floor(knob.high) + 1)]
    if knob.whole or knob.low <= 0 or len(whole) >= RUNGS_OF_A_NUMBER:
        return whole
    factors = [(knob.high / knob.low) ** (number / (RUNGS_OF_A_NUMBER - 1)) for number in range(RUNGS_OF_A_NUMBER)]
    return list(dict.fromkeys(min(max(float(f"{knob.low * factor:.3g}"), knob.low), knob.high) for factor in factors))
