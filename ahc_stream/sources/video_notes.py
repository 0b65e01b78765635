"""What is said of a video's samples: what was assumed where the file is silent, and what is kept as stored."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from ahc_stream.core.colour import Colour, is_grey, is_ycbcr
from ahc_stream.core.presentation import UPRIGHT, Presentation

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

RANGE_BY_STANDARD = frozenset(
    {"h264", "hevc", "vvc", "av1", "vp8", "vp9", "mpeg1video", "mpeg2video", "mpeg4", "mjpeg", "h261", "h263", "flv1"}
)
"""Codecs whose standard says which range holds where a stream states none."""
_TRANSFERS = {16: "PQ", 18: "HLG"}  # Rec. ITU-T H.273, TransferCharacteristics
_UNTAGGED_MATRIX, _UNTAGGED_RANGE = 2, 0
_MATRIX_NAMES = {"bt601": "BT.601", "bt709": "BT.709", "bt2020": "BT.2020"}


def stream_notes(frame: VideoFrame, stream: VideoStream, colour: Colour) -> Iterator[str]:
    """Of a stream, by its first frame. colour: what its samples were taken for."""
    yield from colour_notes(frame, stream.codec_context.codec.canonical_name, colour)
    if int(frame.color_trc) in _TRANSFERS:
        yield f"its transfer is {_TRANSFERS[int(frame.color_trc)]}: samples are as coded, no tone is mapped"
    if frame.interlaced_frame:
        yield "it is interlaced: fields stay woven, and chroma is interpolated as in progressive frames"
    if stream.metadata.get("alpha_mode") == "1":
        yield "it has an alpha channel, which is left out: colours are as stored"
    presentation = presentation_of(frame, stream)
    if presentation.display_matrix != UPRIGHT:
        yield f"a player turns or mirrors it (by {frame.rotation} degrees): frames are as stored"
    if presentation.pixel_aspect != 1:
        yield f"its pixels are {presentation.pixel_aspect} as wide as high: frames are as stored"


def colour_notes(frame: VideoFrame, codec: str, colour: Colour) -> Iterator[str]:
    """What was assumed of the colour of a frame that `codec` decoded (FFmpeg's name)."""
    name = frame.format.name
    if is_ycbcr(name) and int(frame.colorspace) == _UNTAGGED_MATRIX:
        yield f"its matrix is not stated, it was taken for {_MATRIX_NAMES[colour.matrix]}"
    has_range = is_ycbcr(name) or is_grey(name)
    if has_range and int(frame.color_range) == _UNTAGGED_RANGE and codec not in RANGE_BY_STANDARD:
        yield f"its range is not stated, it was taken for {'full' if colour.full_range else 'limited'}"


def presentation_of(frame: VideoFrame, stream: VideoStream) -> Presentation:
    """How the container asks a player to show the stream."""
    from av.sidedata.sidedata import Type

    side_data: Any = frame.side_data  # PyAV's stub knows motion vectors alone
    try:
        matrix = struct.unpack("<9i", bytes(side_data[Type.DISPLAYMATRIX])[:36])
    except KeyError:
        matrix = UPRIGHT
    aspect = stream.sample_aspect_ratio
    return Presentation(matrix, Fraction(aspect) if aspect else Fraction(1))
