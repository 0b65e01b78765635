"""Colour conversion by libswscale, with accurate rounding and full chroma interpolation.

It runs through PyAV's filter graph, which alone can state the siting of chroma. What it gets wrong by itself is put
right here:

- Siting. By itself it centres the chroma of every stream that carries no tag (AV1, VP8, VP9, 4:2:2 HEVC).
- Odd and tiny sizes. It stretches the chroma planes to the luma's size, and its filters lose taps below a few pixels.
  We convert at the next even size, of at least 16, and crop.
- Grey. It takes every grey frame for full range, so none is given to it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ahc_stream.core.frame_planes import Bytes, fill, samples

if TYPE_CHECKING:
    import av

    from ahc_stream.core.colour import Colour

_EXACT = "flags=bilinear+accurate_rnd+full_chroma_int+full_chroma_inp+bitexact"
_GBRP = (1, 2, 0)
"""The channel of RGB that each plane of FFmpeg's planar RGB holds."""


def to_rgb(frame: av.VideoFrame, colour: Colour | None, out: Bytes) -> None:
    """Writes uint8 [3, H, W] from a frame of Y'CbCr with its colour, or of RGB without alpha and None."""
    if colour is None:
        planar = _scaled(frame, _EXACT, "gbrp")
    else:
        stated = f"in_color_matrix={colour.matrix}:in_range={_range(colour)}:in_chroma_loc={colour.siting}"
        even = _refitted(frame, _even(frame.width), _even(frame.height))
        planar = _scaled(even, f"{stated}:out_range=full:{_EXACT}", "gbrp")
    for plane, channel in enumerate(_GBRP):
        out[channel] = samples(planar, plane)[: frame.height, : frame.width, 0]


def from_rgb(planes: Bytes, pixel_format: str, colour: Colour | None = None) -> av.VideoFrame:
    """A frame of Y'CbCr in that colour, or of RGB and None, from uint8 [3, H, W]."""
    import av

    _, height, width = planes.shape
    planar = av.VideoFrame(_even(width), _even(height), "gbrp")
    for plane, channel in enumerate(_GBRP):
        fill(planar, plane, planes[channel, :, :, None])
    if colour is None:
        return _refitted(_scaled(planar, _EXACT, pixel_format), width, height)
    stated = f"out_color_matrix={colour.matrix}:out_range={_range(colour)}:out_chroma_loc={colour.siting}"
    return _refitted(_scaled(planar, f"{stated}:{_EXACT}", pixel_format), width, height)


def _even(length: int) -> int:
    return max(16, length + length % 2)


def _range(colour: Colour) -> str:
    return "full" if colour.full_range else "limited"


def _scaled(frame: av.VideoFrame, options: str, pixel_format: str) -> av.VideoFrame:
    """One pass through the scale filter. A graph costs 0.2 ms; one thread, for lanes run beside one another."""
    from av.filter import Graph

    graph = Graph()
    graph.threads = 1
    graph.link_nodes(
        graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 1000)),
        graph.add("scale", options),
        graph.add("format", f"pix_fmts={pixel_format}"),
        graph.add("buffersink"),
    )
    graph.configure()
    graph.vpush(frame)
    return graph.vpull()


def _refitted(frame: av.VideoFrame, width: int, height: int) -> av.VideoFrame:
    """The same samples at another size: cropped, or the last row and column repeated. At its own size, itself."""
    import av

    if (frame.width, frame.height) == (width, height):
        return frame
    refitted = av.VideoFrame(width, height, frame.format.name)
    for plane in range(len(frame.planes)):
        fill(refitted, plane, samples(frame, plane))
    return refitted
