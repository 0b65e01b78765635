"""How frames are fitted to an encoder of FFmpeg: the header of every stream that lives there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, get_args

import numpy as np

from ahc_stream.codecs.traditional.pixels import Samples
from ahc_stream.core.colour import Colour, Matrix
from ahc_stream.core.errors import CodecError
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.stream import Stream

AGAIN = "encode the stream again"
MOST_PADDING = 128
"""Pixels that a coded side has beyond the frame's. Encoders here take sides of 80 and less, and even ones."""

MATRICES: tuple[Matrix, ...] = get_args(Matrix)


@dataclass(frozen=True)
class Layout:
    """How frames lie in their stream: everything a decoder must know that packets do not say. It is the stream's
    header.

    height, width:              of the frames, pixels.
    coded_height, coded_width:  of the coded frames; the right and lower edges are repeated up to it and cropped off.
    matrix, full_range:         of the coded samples.
    extradata:                  what the encoder keeps for a container (FFV1's tables, Theora's), in hexadecimal.
    """

    height: int
    width: int
    coded_height: int
    coded_width: int
    matrix: Matrix
    full_range: bool
    extradata: str = ""

    @classmethod
    def of(cls, stream: Stream, options: Mapping[str, str], smallest: int) -> Layout:
        """Coded sizes are even, and at least `smallest`."""
        height, width = (max(smallest, side + side % 2) for side in (stream.height, stream.width))
        return cls(stream.height, stream.width, height, width, _matrix(options["matrix"]), options["range"] == "full")

    @classmethod
    def read(cls, header: Mapping[str, Any]) -> Layout:
        """The header of a stream. Raises CodecError for one that no codec of FFmpeg's wrote."""
        try:
            layout = cls(**header)
        except TypeError as error:
            expected = f"a header of {', '.join(cls.__dataclass_fields__)}"
            raise CodecError(expected, f"{sorted(header)}", AGAIN) from error
        _matrix(layout.matrix)
        _check_side(layout.height, layout.coded_height)
        _check_side(layout.width, layout.coded_width)
        return layout

    @cached_property
    def header(self) -> Mapping[str, Any]:
        return asdict(self)

    @property
    def colour(self) -> Colour:
        return Colour(self.matrix, self.full_range)

    def fit(self, planes: Samples) -> Samples:
        """uint8 [3, H, W] -> [3, coded H, coded W]: the last row and column are repeated where something is missing."""
        below, right = self.coded_height - self.height, self.coded_width - self.width
        return np.pad(planes, ((0, 0), (0, below), (0, right)), mode="edge") if below or right else planes


def _check_side(side: int, coded: int) -> None:
    """Of a header, where they may be anything. Raises CodecError."""
    are_whole = type(side) is int and type(coded) is int
    if not (are_whole and 0 < side <= coded <= side + MOST_PADDING):
        got = f"{shown(side)} in {shown(coded)}"
        raise CodecError(f"a side of pixels, coded with at most {MOST_PADDING} more", got, AGAIN)


def _matrix(name: str) -> Matrix:
    for matrix in MATRICES:
        if name == matrix:
            return matrix
    raise CodecError(f"a matrix of {', '.join(MATRICES)}", shown(name), AGAIN)


def frame_rate(stream: Stream) -> Fraction:
    """The mean rate as encoders take it: x264's and x265's rate control looks at it, 1..240 per second."""
    rate = Fraction(stream.frames_per_second).limit_denominator(1001)
    return min(max(rate, Fraction(1)), Fraction(240))
