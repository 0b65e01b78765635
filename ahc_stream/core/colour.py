"""Between coded frames and RGB, with nothing left to a default: matrix, range and chroma siting are always stated.

4:2:0 of 8 bits, which is most video, and grey are converted by code of ours, the rest by libswscale. Of 4:2:0 the two
give the same bits (`kernels/colour.py`).

Siting: video has its chroma on the left column (Rec. ITU-T H.264 and H.265, default `chroma_sample_loc_type` 0); JPEG,
MPEG-1 and H.263 centre it, and so do we for VP8 and VP9, which say nothing and which every reader centres. A stream
that states yet another siting (top-left, some UHD) is read as left: an error of half a row of luma in its chroma, for
PyAV does not show the tag.

The result is within one grey level of the float64 formula with bilinear chroma (`tests/core/test_colour.py`), at sharp
chroma edges too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.errors import InvalidValue, MediaError
from ahc_stream.core.frame_planes import planes_of, samples
from ahc_stream.kernels.colour import from_rgb, to_rgb

if TYPE_CHECKING:
    import av

Matrix = Literal["bt601", "bt709", "bt2020"]
Bytes = NDArray[np.uint8]

_MATRIX_OF_TAG: dict[int, Matrix] = {  # Rec. ITU-T H.273, MatrixCoefficients
    1: "bt709",
    5: "bt601",
    6: "bt601",
    9: "bt2020",
}
_UNTAGGED = 2
_LIMITED, _FULL = 1, 2  # AVColorRange
_LIMITED_GREY_CODECS = frozenset({"h264", "hevc", "vvc", "av1", "vp9", "mpeg4", "mpeg2video", "mpeg1video"})
"""Their standards say limited range where a stream states none. Elsewhere a grey sample is a level: 0 is black, the
largest number is white."""
_CENTRED_CODECS = frozenset({"mjpeg", "mpeg1video", "h261", "h263", "flv1", "vp8", "vp9"})
_YUV = re.compile(r"yuvj?(420|422|444)p((9|10|12|14|16)le)?|nv12|p010le")
_GREY = re.compile(r"gray((9|10|12|14|16)le)?")
_RGB = re.compile(r"rgb24|bgr24|rgb0|bgr0|0rgb|0bgr|gbrp((9|10|12|14|16)le)?")
_COMPILED = frozenset({"yuv420p", "yuvj420p"})


@dataclass(frozen=True)
class Colour:
    """How Y'CbCr samples stand for RGB.

    matrix:      "bt601", "bt709" or "bt2020" (non-constant luminance): Kr and Kb of the Recommendation.
    full_range:  True: 0..255 for all three; False: 16..235 and 16..240 (at 8 bits).
    siting:      "left": chroma on the even luma columns, between two rows in 4:2:0; "center": between two columns too.
    """

    matrix: Matrix
    full_range: bool
    siting: Literal["left", "center"] = "left"


def colour_of(frame: av.VideoFrame, codec: str = "") -> Colour:
    """The colour a decoded frame states. What it leaves out follows one rule:

    matrix: BT.709 from 720 rows on, else BT.601. Range: limited, but full for the yuvj formats, and for grey of a
    `codec` (FFmpeg's name) whose standard does not say limited (raw video, FFV1 ...). Siting: `codec` decides: centre
    for JPEG, MPEG-1, H.261, H.263, VP8 and VP9, else left.
    Raises MediaError for a matrix we do not convert (YCgCo, SMPTE 240M, constant luminance ...).
    """
    tag = int(frame.colorspace)
    if tag == _UNTAGGED or not _YUV.fullmatch(frame.format.name):
        matrix: Matrix = "bt709" if frame.height >= 720 else "bt601"
    elif tag in _MATRIX_OF_TAG:
        matrix = _MATRIX_OF_TAG[tag]
    else:
        raise MediaError("matrix BT.601, BT.709 or BT.2020", f"H.273 code {tag}", "convert the stream to BT.709")
    stated = int(frame.color_range)
    full_range = stated == _FULL or frame.format.name.startswith("yuvj")
    if stated not in (_LIMITED, _FULL) and is_grey(frame.format.name):
        full_range = bool(codec) and codec not in _LIMITED_GREY_CODECS
    return Colour(matrix, full_range, "center" if codec in _CENTRED_CODECS else "left")


def is_grey(pixel_format: str) -> bool:
    """Whether a pixel format of FFmpeg's is grey of 8 to 16 bits."""
    return _GREY.fullmatch(pixel_format) is not None


def is_ycbcr(pixel_format: str) -> bool:
    """Whether a pixel format of FFmpeg's is a Y'CbCr that is converted here."""
    return _YUV.fullmatch(pixel_format) is not None


def frame_to_planes(frame: av.VideoFrame, colour: Colour | None = None, out: Bytes | None = None) -> Bytes:
    """A frame as uint8 [3, H, W] RGB, full range; written into `out` where it is given.

    Takes 4:2:0, 4:2:2, 4:4:4 and grey of 8 to 16 bits, nv12, p010 and RGB without alpha; MediaError for the rest.
    `colour` is the frame's own (`colour_of`) unless given. The samples of a row of `out` lie side by side.
    """
    colour = colour or colour_of(frame)
    out = np.empty((3, frame.height, frame.width), np.uint8) if out is None else out
    name = frame.format.name
    if name in _COMPILED:
        to_rgb(*planes_of(frame), colour.matrix, colour.full_range, colour.siting == "center", out)
    elif is_grey(name):
        out[:] = _grey(frame, colour.full_range)
    else:
        _by_swscale(frame, colour, out)
    return out


def planes_to_frame(planes: Bytes, pixel_format: str, colour: Colour) -> av.VideoFrame:
    """A frame of any size from uint8 [3, H, W] RGB, tagged with its colour; the caller sets pts and time base.

    pixel_format: planar 4:2:0, 4:2:2 or 4:4:4 of 8 to 16 bits, nv12, p010le, gbrp or rgb24; InvalidValue for another,
    and for a yuvj format with a limited range. Samples are within one level of the formula; to full range swscale
    truncates chroma, half a level low in the mean, so prefer limited range where the choice is free.
    """
    from ahc_stream.core import swscale

    if _RGB.fullmatch(pixel_format):
        return swscale.from_rgb(planes, pixel_format)
    _check_ycbcr(pixel_format, colour)
    if pixel_format in _COMPILED:
        frame = _to_420(planes, pixel_format, colour)
    else:
        frame = swscale.from_rgb(planes, pixel_format, colour)
    frame.colorspace = next(tag for tag, matrix in _MATRIX_OF_TAG.items() if matrix == colour.matrix)
    frame.color_range = _FULL if colour.full_range else _LIMITED
    return frame


def _by_swscale(frame: av.VideoFrame, colour: Colour, out: Bytes) -> None:
    from ahc_stream.core import swscale

    name = frame.format.name
    if _RGB.fullmatch(name):
        swscale.to_rgb(frame, None, out)
    elif is_ycbcr(name):
        swscale.to_rgb(frame, colour, out)
    else:
        raise MediaError("4:2:0, 4:2:2, 4:4:4, grey or RGB without alpha", f"pixel format {name}", "convert the stream")


def _check_ycbcr(pixel_format: str, colour: Colour) -> None:
    """Raises InvalidValue for a format to encode to that is not converted here."""
    if not is_ycbcr(pixel_format):
        raise InvalidValue("a 4:2:0, 4:2:2, 4:4:4 or RGB pixel format", repr(pixel_format), "choose yuv420p")
    if pixel_format.startswith("yuvj") and not colour.full_range:
        todo = f"choose {pixel_format.replace('j', '')}"
        raise InvalidValue(f"full range with {pixel_format}", "limited range", todo)


def _to_420(planes: Bytes, pixel_format: str, colour: Colour) -> av.VideoFrame:
    import av

    _, height, width = planes.shape
    frame = av.VideoFrame(width, height, pixel_format)
    whole_rows = np.ascontiguousarray(planes)
    from_rgb(whole_rows, colour.matrix, colour.full_range, colour.siting == "center", *planes_of(frame))
    return frame


def _grey(frame: av.VideoFrame, full_range: bool) -> Bytes:
    bits = frame.format.components[0].bits
    stored = samples(frame, 0).astype(np.float64)
    luma = stored[..., 0] if bits == 8 else stored[..., 0] + 256 * stored[..., 1]
    low, span = (0, 2**bits - 1) if full_range else (16 << bits - 8, 219 << bits - 8)
    levels: NDArray[np.float64] = np.clip(np.rint((luma - low) * (255 / span)), 0, 255)
    return levels.astype(np.uint8)
