"""Frames out against packets in, and times against one another: what a decoder loses without an error is found here.

A decoder that conceals says nothing, so each packet is followed by the number that it is given: the frame that it
becomes carries that number. A packet may rightly become no frame. Those cases are told apart:

- pictures that precede the first one which can be shown: leading pictures of an open GOP, or a stream cut between two
  key frames;
- leading pictures of a later key frame, where a splice took away what they refer to;
- packets that an edit list leaves out, and VP8's and VP9's frames that are never shown;
- the second field of an interlaced frame.

Every other packet without a frame is a loss. A loss that leaves no trace in the stream, which is a whole frame that
nothing refers to, is visible in the times alone.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING, Any

from ahc_stream.core.wording import counted
from ahc_stream.sources.probe import seconds_of

if TYPE_CHECKING:
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

ONE_FRAME_A_PACKET = frozenset(
    {
        "h264",
        "hevc",
        "vvc",
        "av1",
        "vp8",
        "vp9",
        "mpeg1video",
        "mpeg2video",
        "mpeg4",
        "mjpeg",
        "ffv1",
        "prores",
        "dnxhd",
    }
)
"""Codecs of which a packet that gives no frame is a loss. Of the others it is only remarked: screen recorders, for
instance, skip what does not change."""
CODED_IN_FIELDS = frozenset({"h264", "hevc", "mpeg2video", "vc1"})


@dataclass(frozen=True)
class SentPacket:
    """A packet that the decoder was given.

    number:   in decoding order, from 0.
    pts:      in the stream's time base, or None.
    section:  how often decoding time ran back before it: joined recordings are judged one by one.
    leads:    whether it is shown before the key frame that it follows in decoding order.
    hidden:   whether it is never shown.
    """

    number: int
    pts: int | None
    section: int
    leads: bool
    hidden: bool


class FrameAccount:
    """One stream's packets and frames.

    seconds:  presentation time of each frame that came out, in order.
    """

    def __init__(self, stream: VideoStream) -> None:
        self._codec, self._stream = stream.codec_context.codec.canonical_name, stream
        self._slots: list[int] | None = [] if _has_no_order(stream) else None
        self._has_guessed_dts = "matroska" in _containers(stream)
        self._pending: dict[int, SentPacket] = {}
        self._sent = self._section = self._surplus = 0
        self._last_dts: int | None = None
        self._key_pts: int | None = None
        self._shown: SentPacket | None = None
        self._sections_begun: set[int] = set()
        self._before_first = self._leading = self._left_out = 0
        self._lost: list[SentPacket] = []
        self.seconds: list[float] = []

    def is_joined_before(self, packet: Packet[Any] | None) -> bool:
        """Whether another recording begins with this packet: decoding time runs back. Matroska holds none, and FFmpeg's
        guess runs back at B frames in all but the first recording; there one begins with a key frame."""
        if packet is None or packet.dts is None or self._last_dts is None:
            return False
        return packet.dts < self._last_dts and (packet.is_keyframe or not self._has_guessed_dts)

    def send(self, packet: Packet[Any]) -> None:
        """Numbers a packet that goes into the decoder."""
        if self.is_joined_before(packet):
            self._section += 1
            self._key_pts = None
        if packet.dts is not None:
            self._last_dts = packet.dts
        if packet.is_keyframe:
            self._key_pts = packet.pts
        leads = packet.pts is not None and self._key_pts is not None and packet.pts < self._key_pts
        self._left_out += packet.is_discard
        hidden = packet.is_discard or _never_shown(self._codec, packet)
        pts = packet.pts
        if self._slots is not None and pts is not None:
            insort(self._slots, pts)
            pts = None
        packet.opaque = SentPacket(self._sent, pts, self._section, leads and pts is not None, hidden)
        self._pending[self._sent] = packet.opaque
        self._sent += 1

    def receive(self, frame: VideoFrame) -> str | None:
        """Takes note of a frame that came out; says what was lost before it, in words, or None."""
        self.seconds.append(self._seconds_of(frame))
        packet = frame.opaque
        if not isinstance(packet, SentPacket) or self._pending.pop(packet.number, None) is None:
            self._surplus += 1  # a frame beyond one a packet, or a decoder that does not number its frames
            return None
        for earlier in list(self._pending.values()):
            if _is_before(earlier, packet):
                del self._pending[earlier.number]
                self._settle(earlier, packet, frame.interlaced_frame)
        self._sections_begun.add(packet.section)
        self._shown = packet
        return self.loss()

    def finish(self) -> str | None:
        """What is lost once the decoder has given everything, in words, or None."""
        for packet in self._pending.values():
            if packet.section in self._sections_begun or packet.hidden:
                self._settle(packet, self._shown, is_interlaced=False)
            else:
                self._lost.append(packet)  # of a recording that never began
        self._pending.clear()
        return self.loss()

    def loss(self) -> str | None:
        """The packets that gave no frame and should have, in words, or None."""
        lost = len(self._lost) - self._surplus
        if lost <= 0 or self._codec not in ONE_FRAME_A_PACKET:
            return None
        numbers = ", ".join(str(packet.number) for packet in self._lost[:5])
        return f"no frame from {lost} of {self._sent} packets, the first ones: {numbers}"

    def notes(self) -> Iterator[str]:
        """What should be said of a stream that is whole."""
        if self._before_first:
            yield "it begins between key frames: the pictures before the first one that can be shown are left out"
        if self._left_out:
            yield "an edit list leaves out coded frames that are there"
        if self._leading:
            yield "pictures that refer to what a splice took away are left out"
        if self._lost and self._codec not in ONE_FRAME_A_PACKET:
            yield "some packets give no frame"
        yield from time_notes(self.seconds)

    def _seconds_of(self, frame: VideoFrame) -> float:
        """Its presentation time. Where those of the packets are not to be trusted, the n-th frame has the n-th time."""
        number = len(self.seconds)
        if self._slots is not None and number < len(self._slots) and self._stream.time_base is not None:
            return float(self._slots[number] * self._stream.time_base)
        return seconds_of(frame, self._stream, number)

    def _settle(self, packet: SentPacket, shown: SentPacket | None, is_interlaced: bool) -> None:
        """Decides what a packet without a frame is, now that a later one was shown."""
        if packet.hidden:
            return
        if packet.section not in self._sections_begun:
            self._before_first += 1
        elif packet.leads:
            self._leading += 1
        elif not self._is_second_field(packet, shown, is_interlaced):
            self._lost.append(packet)

    def _is_second_field(self, packet: SentPacket, shown: SentPacket | None, is_interlaced: bool) -> bool:
        if self._codec not in CODED_IN_FIELDS or not is_interlaced:
            return False
        firsts = {near.number for near in (shown, self._shown) if near is not None}
        return packet.number - 1 in firsts


def _has_no_order(stream: VideoStream) -> bool:
    """Whether the container knows no order but that of decoding: AVI. FFmpeg guesses at it, of H.264 wrongly."""
    return "avi" in _containers(stream)


def _containers(stream: VideoStream) -> list[str]:
    """FFmpeg's names of the container."""
    return stream.container.format.name.split(",")


def _is_before(packet: SentPacket, shown: SentPacket) -> bool:
    """Whether a packet should have been shown before another one that was shown."""
    if packet.section != shown.section:
        return packet.section < shown.section
    if packet.pts is None or shown.pts is None:
        return False
    return packet.pts < shown.pts


def _never_shown(codec: str, packet: Packet[Any]) -> bool:
    """Whether a packet of VP8 or VP9 holds only a frame for reference (RFC 6386, 9.1; VP9 bitstream, 6.2)."""
    if codec not in ("vp8", "vp9"):
        return False
    data = bytes(packet)
    if codec == "vp8" and data:
        return not data[0] & 0x10
    if codec == "vp9" and data and data[0] >> 6 == 2 and not _is_superframe(data):
        profile = (data[0] >> 5 & 1) | (data[0] >> 4 & 1) << 1
        bits = data[0] << (1 if profile == 3 else 0)
        shows_existing, shown = bits >> 3 & 1, bits >> 1 & 1
        return not shows_existing and not shown
    return False


def _is_superframe(data: bytes) -> bool:
    return data[-1] >> 5 == 6


STEADY_SHARE = 0.9
"""Share of equal steps from which a rate counts as constant, so that a longer one is a hole."""


def time_notes(seconds: Sequence[float]) -> Iterator[str]:
    """Holes in times that are steady otherwise, and times that run back. `seconds`: of the frames as they came."""
    steps = [after - before for before, after in pairwise(seconds)]
    back = next((index for index, step in enumerate(steps) if step < 0), None)
    if back is not None:
        yield f"time runs back at frame {back + 1}, from {seconds[back]:.3f} to {seconds[back + 1]:.3f} s"
    forward = [step for step in steps if step > 0]
    if len(forward) < 3:
        return
    usual = median(forward)
    holes = [index for index, step in enumerate(steps) if step > 1.5 * usual]
    regular = sum(abs(step - usual) <= 0.1 * usual + 1e-3 for step in forward)
    if holes and regular + len(holes) >= len(forward) and regular >= STEADY_SHARE * (len(forward) - 1):
        first = holes[0]
        yield (
            f"a hole in the times at {counted(len(holes), 'place')}, the first from {seconds[first]:.3f} to "
            f"{seconds[first + 1]:.3f} s at frame {first + 1}"
        )
