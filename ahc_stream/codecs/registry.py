"""Codecs by name: those of the table, those that were added to it, and any encoder of PyAV's FFmpeg."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.learned import points
from ahc_stream.codecs.table import CODECS
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.point import OperatingPoint

if TYPE_CHECKING:
    import torch

ANY_ENCODER = "ffmpeg:"
"""Prefix of the names that the FFmpeg inside PyAV answers for: `ffmpeg:mpeg4`, `ffmpeg:libvpx-vp9` ..."""

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")


def find(name: str) -> CodecEntry:
    """The entry of a codec. Raises UnknownName, with the nearest name, for one that is not there, and InvalidValue for
    one with qualities behind a colon."""
    if name.startswith(ANY_ENCODER):
        from ahc_stream.codecs.traditional.ffmpeg_entry import entry_of  # imports PyAV

        return entry_of(name.removeprefix(ANY_ENCODER))
    codec, _, qualities = name.partition(":")
    if qualities and codec in CODECS:
        raise InvalidValue(f"qualities of {codec} behind @", repr(name), f"write {codec}@{qualities}")
    if name not in CODECS:
        raise UnknownName.among("codec", name, [*CODECS, ANY_ENCODER + "<encoder>"])
    return CODECS[name]


def add(name: str, entry: CodecEntry) -> None:
    """Adds a codec of your own, for this process: from here on its name stands wherever a codec's may.

    Raises InvalidValue for a name that another entry has, or that the text of an operating point cannot hold.
    """
    if not _NAME.fullmatch(name):
        raise InvalidValue("a codec's name of a-z, 0-9, '.', '_' and '-'", repr(name), "choose another name")
    if CODECS.get(name, entry) != entry:
        raise InvalidValue("a codec's name that is not taken", repr(name), "choose another name")
    CODECS[name] = entry


def complete(point: OperatingPoint) -> OperatingPoint:
    """The point with every default filled in, and without the label of its weights, which no codec takes."""
    options = {name: value for name, value in point.options if name != points.WEIGHTS}
    return find(point.codec).point(point.codec, point.quality, options)


def decoding_point(point: OperatingPoint) -> OperatingPoint:
    """The point that decodes what `point` wrote, for a file may name any options: those that only an encoder of
    FFmpeg's reads are left out, so that no encoder is opened with them. The table checks the others. Raises
    UnknownName."""
    encoder_options = find(point.codec).encoder_options
    options = tuple((name, value) for name, value in point.options if name not in encoder_options)
    return replace(point, options=options)


def delay(point: OperatingPoint, device: torch.device) -> int:
    """The most frames that encoder and decoder together may hold before they give the first one back; 0 for stills, and
    for a learned codec that codes frame by frame."""
    return find(point.codec).frames_held(dict(complete(point).options), device)


def labelled(point: OperatingPoint, weights: str | None) -> OperatingPoint:
    """The point as its rows have it: a learned codec's with the name of weights that are not the published ones."""
    return point if find(point.codec).family == "traditional" else points.labelled(point, weights)


def weights_needed(point: OperatingPoint) -> tuple[str, ...]:
    """Names in the table of weights that `make` would load; none for a traditional codec.

    Raises MissingData where no weights are published for the point.
    """
    return () if find(point.codec).family == "traditional" else (points.published_name(point),)
