"""Codecs by name: those of the table, those that were added to it, and any encoder of PyAV's FFmpeg."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import torch

from ahc_stream.codecs.entropy.coders import coder
from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.learned import points
from ahc_stream.codecs.learned.checkpoint import locate
from ahc_stream.codecs.table import CODECS
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.loading import load
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec

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


def make(point: OperatingPoint, device: torch.device, weights: str | None = None, entropy: str = "native") -> AnyCodec:
    """A codec object for one lane, whose frames live on `device`.

    point:    missing options get their defaults, so `codec.point` may say more than `point`.
    weights:  for learned codecs: a checkpoint's path or the name of a table of weights; the others ignore it.
    entropy:  for learned codecs: "native" or "compressai", the range coder. Both write the same bytes.
    """
    entry, complete = find(point.codec), _complete(point)
    maker = load(entry.maker)
    codec: AnyCodec
    if entry.family == "traditional":
        codec = maker(complete, device)
    else:
        codec = maker(labelled(complete, weights), device, weights, coder(entropy))
    return codec


def _complete(point: OperatingPoint) -> OperatingPoint:
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
    return find(point.codec).frames_held(dict(_complete(point).options), device)


def labelled(point: OperatingPoint, weights: str | None) -> OperatingPoint:
    """The point as its rows have it: a learned codec's with the name of weights that are not the published ones."""
    return point if find(point.codec).family == "traditional" else points.labelled(point, weights)


def weights_needed(point: OperatingPoint) -> tuple[str, ...]:
    """Names in the table of weights that `make` would load; none for a traditional codec.

    Raises MissingData where no weights are published for the point.
    """
    return () if find(point.codec).family == "traditional" else (points.published_name(point),)


def weight_overrides(point: OperatingPoint, weights: str | None) -> dict[str, Path]:
    """The file that `make` would load in place of the published weights, by a name that tells it from theirs.

    Empty for a traditional codec, for published weights and for random ones. Raises MissingData.
    """
    if find(point.codec).family == "traditional" or weights is None or points.seed_of(weights) is not None:
        return {}
    return {f"{points.checkpoint_name(point)}:{Path(weights).name}": locate(point, weights)}
