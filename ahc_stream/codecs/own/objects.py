"""Codec objects that a program gives to a run."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping
from typing import Any

import torch

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.entry import CodecEntry, none_held, whole_stream
from ahc_stream.codecs.own.network import NetworkCodec
from ahc_stream.codecs.table import CODECS
from ahc_stream.core.digests import of_source
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.protocols import ClipCodec, Codec
from ahc_stream.core.sessions import AnyCodec, intra_only

BROUGHT: dict[OperatingPoint, AnyCodec] = {}
"""The objects of this process by their points."""


class ObjectEntry(CodecEntry):
    """The row of codec objects of one name: their points are what they say."""

    def point(self, name: str, quality: float | None, options: Mapping[str, str]) -> OperatingPoint:
        """As it is."""
        return OperatingPoint(name, quality, tuple(sorted(options.items())))


def bring(codec: object) -> OperatingPoint:
    """The point of an object, under whose name this process knows it from now on. Raises InvalidValue for what is no
    codec, and for a name that another codec has."""
    if not isinstance(codec, Codec | ClipCodec) or not isinstance(codec.point, OperatingPoint):
        todo = "see ahc_stream.core.protocols.Codec and examples/own_codec.py"
        raise InvalidValue("a text or a codec: point, and encode and decode, or encoder and decoder", repr(codec), todo)
    name = codec.point.codec
    if not isinstance(CODECS.get(name), ObjectEntry | None):
        raise InvalidValue("a codec's name that is not taken", repr(name), "give its point another name")
    CODECS[name] = _entry(codec)
    BROUGHT[codec.point] = codec
    return codec.point


def _entry(codec: AnyCodec) -> ObjectEntry:
    is_still = not isinstance(codec, Codec) and intra_only(codec)
    return ObjectEntry(
        maker="ahc_stream.codecs.own.objects:hand_out",
        description=f"an object of the class {type(codec).__name__}",
        family="own",
        medium="still" if is_still else "video",
        knob=None,
        frames_held=none_held if is_still else whole_stream,
    )


def hand_out(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> AnyCodec:
    """A copy of the object for one lane. Raises InvalidValue where it cannot be copied."""
    try:
        return copy.deepcopy(BROUGHT[point])
    except (TypeError, copy.Error, pickle.PicklingError) as error:
        expected = f"a codec {point} that copy.deepcopy copies, one for each lane"
        raise InvalidValue(expected, str(error), "give it a __deepcopy__") from error


def digest(point: OperatingPoint) -> str | None:
    """SHA-256 of the source of its class; None where there is none to look at."""
    codec: Any = BROUGHT[point]
    if isinstance(codec, NetworkCodec):
        return of_source([type(codec.model)], codec.identity)
    return of_source([type(codec)])
