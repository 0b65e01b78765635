"""How an item counts time, before any of its frames is decoded."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from ahc_stream.core.clip import Item
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits
from ahc_stream.sources.probe import DEFAULT_RATE
from ahc_stream.sources.video_file import opened


class Timing(NamedTuple):
    """frames_per_second: the mean rate, above 0. time_base: seconds per tick; its times are whole numbers of ticks."""

    frames_per_second: float
    time_base: Fraction


def timing(item: Item, limits: Limits = DEFAULT_LIMITS) -> Timing:
    """Of a video by its container, of a sequence by its rate; stills have no times. Raises MediaError, MissingData."""
    if item.medium == "stills":
        return Timing(DEFAULT_RATE, Fraction(1))
    if item.medium == "sequence":
        return _steady(item.frames_per_second or DEFAULT_RATE)
    if item.raw is not None:
        return _steady(item.raw.frames_per_second)
    with opened(item.paths[0], item.stream, limits) as video:
        stream = video.stream
        assert stream.time_base is not None, "an opened stream has one"
        mean_rate = stream.average_rate or stream.guessed_rate or DEFAULT_RATE
        return Timing(float(mean_rate), Fraction(stream.time_base))


def _steady(frames_per_second: float) -> Timing:
    """Of frames that follow one another at a rate, a tick each."""
    rate = Fraction(frames_per_second).limit_denominator(100_000)
    return Timing(float(rate), 1 / rate)
