"""What a video file holds, by its packets and its first frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ahc_stream.core.colour import Colour, colour_of
from ahc_stream.core.errors import MediaError
from ahc_stream.core.presentation import PLAIN, Presentation
from ahc_stream.sources.limits import DEFAULT_LIMITS, Limits
from ahc_stream.sources.packets import PacketCheck
from ahc_stream.sources.video_file import CHECK_FILE, media_errors, opened
from ahc_stream.sources.video_notes import presentation_of, stream_notes

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

DEFAULT_RATE = 25.0
"""Frames per second where neither packets nor stream say one (a bare H.264 stream, for instance)."""


@dataclass(frozen=True)
class Video:
    """A file's best video stream, or the one that was chosen.

    codec, pixel_format:  FFmpeg's names. width, height: of the first frame.
    pts_seconds:          presentation time of each packet that is shown, sorted: one per coded frame.
    claimed_frames:       what the container says; 0 where it says nothing. For comparison only.
    matrix_tagged:        whether the first frame states its matrix.
    rotation:             degrees that the container asks a player to turn by. No source of ours turns.
    damage:               why the file is not whole, or None.
    peculiarity:          why a reader that does not follow the container everywhere would show other frames, or None.
    notes:                what should be said of its samples, and of the choice of the stream.
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
    peculiarity: str | None = None
    notes: tuple[str, ...] = ()
    presentation: Presentation = PLAIN

    @property
    def steady(self) -> bool:
        """Whether the frames follow one another at one rate, within a tenth of a frame."""
        times = self.pts_seconds
        if len(times) < 3:
            return True
        step = (times[-1] - times[0]) / (len(times) - 1)
        return all(abs(time - times[0] - i * step) < 0.1 * step + 1e-3 for i, time in enumerate(times))


def probe(path: Path, index: int | None = None, limits: Limits = DEFAULT_LIMITS) -> Video:
    """Reads every packet of the file and decodes its first frame.

    index:  FFmpeg's number of the video stream; None for the best one.
    Raises MediaError and MissingData.
    """
    with opened(path, index, limits) as video, media_errors(path, video.stream.index):
        check = PacketCheck(path, video.container, video.stream)
        times, left_out = [], 0
        for number, packet in enumerate(check.packets()):
            left_out += packet.is_discard
            if not packet.is_discard:
                times.append(seconds_of(packet, video.stream, number))
        claimed, damage = video.stream.frames, check.damage()
        streams = len(video.container.streams.video)
    with opened(path, index, limits) as video, media_errors(path, video.stream.index):
        frame = next(video.container.decode(video.stream), None)
        if frame is None:
            raise MediaError(f"a frame in {path}", "none", CHECK_FILE)
        codec = video.stream.codec_context.codec.canonical_name
        colour = colour_of(frame, codec)
        return Video(
            path=path,
            codec=codec,
            pixel_format=frame.format.name,
            width=frame.width,
            height=frame.height,
            pts_seconds=tuple(sorted(times)),
            claimed_frames=claimed,
            colour=colour,
            matrix_tagged=int(frame.colorspace) != 2,
            rotation=frame.rotation,
            damage=damage,
            peculiarity=_peculiarity(streams, left_out, frame, video.stream),
            notes=(*video.notes, *stream_notes(frame, video.stream, colour)),
            presentation=presentation_of(frame, video.stream),
        )


def _peculiarity(streams: int, left_out: int, frame: VideoFrame, stream: VideoStream) -> str | None:
    if streams > 1:
        return f"a file of {streams} video streams"
    if left_out:
        return f"an edit list that leaves out {left_out} coded frames"
    if frame.interlaced_frame:
        return "an interlaced stream"
    if stream.metadata.get("alpha_mode") == "1":
        return "an alpha channel"
    return None


def seconds_of(timed: Packet[Any] | VideoFrame, stream: VideoStream, index: int) -> float:
    """Presentation time; by the stream's rate where there is no timestamp.

    In the stream's time base: frames that leave the decoder at the end of the file carry none of their own.
    """
    if timed.pts is None:
        return index / float(stream.average_rate or DEFAULT_RATE)
    return float(timed.pts * (stream.time_base or Fraction(1)))
