"""What a video file holds, by its packets. A container's own claims are only used to notice that the file is cut."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ahc_stream.core.colour import Colour, colour_of
from ahc_stream.core.errors import MediaError, MissingData

if TYPE_CHECKING:
    import av

DEFAULT_RATE = 25.0
"""Frames per second where neither packets nor stream say one (a bare H.264 stream, for instance)."""


@dataclass(frozen=True)
class Video:
    """The first video stream of a file.

    codec, pixel_format:  FFmpeg's names. width, height: of the first frame.
    pts_seconds:          presentation time of each packet, sorted: one per coded frame.
    claimed_frames:       what the container says; 0 where it says nothing. For comparison only.
    matrix_tagged:        whether the first frame states its matrix.
    rotation:             degrees that the container asks a player to turn by. No source of ours turns.
    damage:               why the file is not whole, or None.
    """

    path: Path
    codec: str
    pixel_format: str
    width: int
    height: int
    pts_seconds: tuple[float, ...]
    claimed_frames: int
    colour: Colour
    matrix_tagged: bool
    rotation: int
    damage: str | None

    @property
    def steady(self) -> bool:
        """Whether the frames follow one another at one rate, within a tenth of a frame."""
        times = self.pts_seconds
        if len(times) < 3:
            return True
        step = (times[-1] - times[0]) / (len(times) - 1)
        return all(abs(time - times[0] - i * step) < 0.1 * step + 1e-3 for i, time in enumerate(times))


def probe(path: Path) -> Video:
    """Reads every packet of the file and decodes its first frame. Raises MediaError and MissingData."""
    with opened(path) as (container, stream), media_errors(path):
        tally = Tally(container, stream)
        times = sorted(seconds_of(packet, stream, index) for index, packet in enumerate(tally.packets()))
        claimed, damage = stream.frames, tally.damage()
    with opened(path) as (container, stream), media_errors(path):
        frame = next(container.decode(stream), None)
        if frame is None:
            raise MediaError(f"a frame in {path}", "none", "check the file")
        codec = stream.codec_context.codec.canonical_name
        return Video(
            path=path,
            codec=codec,
            pixel_format=frame.format.name,
            width=frame.width,
            height=frame.height,
            pts_seconds=tuple(times),
            claimed_frames=claimed,
            colour=colour_of(frame, codec),
            matrix_tagged=int(frame.colorspace) != 2,
            rotation=frame.rotation,
            damage=damage,
        )


@contextmanager
def opened(path: Path) -> Iterator[tuple[av.container.InputContainer, av.video.stream.VideoStream]]:
    """The container and its first video stream. Raises MissingData and MediaError."""
    import av

    if not path.is_file():
        raise MissingData(f"a video file at {path}", "no such file", "check the path, or fetch the dataset again")
    with media_errors(path):
        container = av.open(path)
    with container:
        if not container.streams.video:
            raise MediaError(f"a video stream in {path}", "none", "check the file")
        yield container, container.streams.video[0]


@contextmanager
def media_errors(path: Path) -> Iterator[None]:
    """Turns FFmpeg's errors about `path` into MediaError."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise MediaError(
            f"a readable video at {path}", error.strerror or str(error), "check or fetch it again"
        ) from error


def seconds_of(timed: av.Packet | av.VideoFrame, stream: av.video.stream.VideoStream, index: int) -> float:
    """Presentation time; by the stream's rate where there is no timestamp.

    In the stream's time base: frames that leave the decoder at the end of the file carry none of their own.
    """
    if timed.pts is None:
        return index / float(stream.average_rate or DEFAULT_RATE)
    return float(timed.pts * stream.time_base)


class Tally:
    """Counts the packets that a container gives, and afterwards knows whether the file is whole."""

    def __init__(self, container: av.container.InputContainer, stream: av.video.stream.VideoStream) -> None:
        self._container, self._stream = container, stream
        self._count = 0
        self._ends = 0.0
        self._corrupt = False

    def packets(self) -> Iterator[av.Packet]:
        """The video stream's packets. Packets of other streams only count towards the file's end."""
        for packet in self._container.demux():
            if not packet.size:
                continue
            if packet.pts is not None:
                self._ends = max(self._ends, float((packet.pts + (packet.duration or 0)) * packet.time_base))
            if packet.stream is self._stream:
                self._count += 1
                self._corrupt |= packet.is_corrupt
                yield packet

    def damage(self) -> str | None:
        """Why the file is not whole, in words, once all packets were read. Transport streams and bare bitstreams that
        end between two packets cannot be told from whole ones."""
        names = self._container.format.name.split(",")
        if "mp4" in names and self._count < self._stream.frames:  # the index lists samples, it is no mere claim
            return f"{self._count} of the {self._stream.frames} frames that its index lists"
        if self._corrupt:
            return f"a cut packet among its {self._count}"
        claimed = (self._container.duration or 0) / 1e6
        if "matroska" in names and claimed - self._ends > 0.5:  # over all streams: the longest one sets the duration
            return f"{self._ends:.2f} of {claimed:.2f} seconds"
        return None
