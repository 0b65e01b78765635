"""A video file of RGB frames at any times, through PyAV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from ahc_stream.core.colour import Bytes, Colour, planes_to_frame
from ahc_stream.core.errors import MediaError
from ahc_stream.core.presentation import PLAIN, UPRIGHT, Presentation
from ahc_stream.transcode.matroska_shape import ROOM, write_shape

if TYPE_CHECKING:
    import av


@dataclass(frozen=True)
class VideoFormat:
    """How a suffix is written. `odd` is the pixel format where a side is odd, which 4:2:0 does not take."""

    encoder: str
    even: str
    odd: str
    options: Mapping[str, str]
    description: str


FORMATS: Mapping[str, VideoFormat] = {
    ".mkv": VideoFormat(
        "ffv1", "bgr0", "bgr0", {"level": "3", "slicecrc": "1"}, "FFV1 in RGB, lossless; times to 1 ms"
    ),
    ".mp4": VideoFormat(
        "libx264", "yuv420p", "yuv444p", {"crf": "10", "preset": "medium"}, "H.264 at CRF 10, nearly lossless"
    ),
}
"""Suffix -> what it means."""

_BT709 = Colour("bt709", full_range=False)


class VideoFile:
    """A context manager. Frames are added in order; a frame's duration is the time until the next one.

    path:          ends in one of FORMATS.
    time_base:     seconds per tick.
    from_zero:     count times from the first frame's; done in any case where that is negative.
    presentation:  how a player is to be asked to show the frames; .mkv keeps no mirroring, for Matroska has none.
    """

    def __init__(
        self, path: Path, time_base: Fraction, from_zero: bool = False, presentation: Presentation = PLAIN
    ) -> None:
        self._path, self._time_base, self._from_zero = path, time_base, from_zero
        self._presentation = presentation
        self._format = FORMATS[path.suffix.lower()]
        self._stream: av.VideoStream | None = None
        self._held: tuple[Bytes, int] | None = None
        self._start = 0
        self._duration = max(1, round(Fraction(1, 25) / time_base))
        self.description = self._format.description

    def __enter__(self) -> Self:
        import av

        with _media_errors(self._path):
            self._container = av.open(self._path, "w")
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        with _media_errors(self._path):
            try:
                if kind is None and self._stream is not None:
                    self._release(self._duration)
                    self._container.mux(self._stream.encode(None))
            finally:
                self._container.close()
        if kind is None and self._held is not None and self._is_shaped_afterwards:
            _, height, width = self._held[0].shape
            write_shape(self._path, width, height, self._presentation.pixel_aspect)

    def add(self, planes: Bytes, ticks: int) -> None:
        """uint8 [3, H, W] RGB at a time. Raises MediaError for another size than the first frame's, and for a time that
        is not after the last."""
        _, height, width = planes.shape
        if self._held is None:
            self._start = ticks if self._from_zero or ticks < 0 else 0
            self._stream = self._opened(height, width)
        else:
            before, last = self._held
            if planes.shape != before.shape or ticks <= last:
                got = f"{width} x {height} at {ticks} after {before.shape[2]} x {before.shape[1]} at {last}"
                raise MediaError("frames of one size at rising times", got, "decode into a folder")
            self._duration = ticks - last
            self._release(self._duration)
        self._held = planes, ticks

    @property
    def _is_shaped_afterwards(self) -> bool:
        return self._format.encoder == "ffv1" and self._presentation.pixel_aspect != 1

    def _opened(self, height: int, width: int) -> av.VideoStream:
        odd = height % 2 or width % 2
        pixel_format = self._format.odd if odd else self._format.even
        if self._format.encoder == "libx264":
            self.description = f"{self._format.description}, {pixel_format}, BT.709"
        encoder: Any = self._format.encoder  # PyAV types the stream by a literal name
        stream: av.VideoStream = self._container.add_stream(encoder, rate=25, options=dict(self._format.options))
        stream.height, stream.width, stream.pix_fmt = height, width, pixel_format
        stream.time_base = stream.codec_context.time_base = self._time_base
        if self._presentation.display_matrix != UPRIGHT:
            stream.set_display_matrix(self._presentation.display_matrix)
        if self._is_shaped_afterwards:
            stream.metadata["title"] = ROOM
        elif self._presentation.pixel_aspect != 1:
            stream.codec_context.sample_aspect_ratio = self._presentation.pixel_aspect
        if self._format.encoder == "libx264":
            context = stream.codec_context
            context.color_primaries = context.color_trc = context.colorspace = 1
            context.color_range = 1
        return stream

    def _release(self, duration: int) -> None:
        assert self._held is not None and self._stream is not None
        planes, ticks = self._held
        frame = planes_to_frame(planes, str(self._stream.pix_fmt), _BT709)
        with _media_errors(self._path):
            frame.pts, frame.time_base, frame.duration = ticks - self._start, self._time_base, duration
            self._container.mux(self._stream.encode(frame))


@contextmanager
def _media_errors(path: Path) -> Iterator[None]:
    import av

    try:
        yield
    except av.FFmpegError as error:
        todo = "make room, or decode into a folder"
        raise MediaError(f"to write {path}", error.strerror or str(error), todo) from error
    except OverflowError as error:
        raise MediaError(f"times of 64 bits for {path}", str(error), "decode into a folder") from error
