"""Coded frames with their times, out of what a program writes while it writes it."""

from __future__ import annotations

import queue
import struct
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import IO, NamedTuple


class TimedPacket(NamedTuple):
    """What an encoder wrote for one frame.

    seconds:  when it is shown, from a beginning of the program's own.
    is_key:   whether a decoder may begin there.
    """

    payload: bytes
    seconds: Fraction
    is_key: bool


Packets = queue.SimpleQueue[TimedPacket]
ReadPackets = Callable[[IO[bytes], Packets], None]
"""(what a program writes, where its packets go in coding order). It ends with the program, whatever it ended of: the
program's exit status, its log and the missing packets say why."""

_TRANSPORT_CLOCK = 90_000  # ticks per second of an MPEG transport stream's times
_IVF_FILE = struct.Struct("<4s 2x H 8x 2I 8x")
"""Header of an IVF file: signature, its size in bytes, ticks per second as numerator and denominator."""
_IVF_FRAME = struct.Struct("<I Q")
"""Header of a frame there: its bytes, its tick."""
_SEQUENCE_HEADER, _TEMPORAL_DELIMITER = 1, 2
"""AV1 bitstream specification, 6.2.2: obu_type."""


def read_transport_stream(written: IO[bytes], packets: Packets) -> None:
    """An MPEG transport stream of one video."""
    import av

    try:
        with av.open(written, "r", format="mpegts") as container:
            for packet in container.demux(video=0):
                if packet.size and packet.pts is not None:
                    seconds = Fraction(packet.pts, _TRANSPORT_CLOCK)
                    packets.put(TimedPacket(bytes(packet), seconds, packet.is_keyframe))
    except av.FFmpegError:
        return


def read_ivf(written: IO[bytes], packets: Packets) -> None:
    """An IVF file of AV1, a frame as soon as it is there. A key frame is one with a sequence header: libaom and rav1e
    write one for each."""
    header = written.read(_IVF_FILE.size)
    if len(header) < _IVF_FILE.size:
        return
    _, size, rate, scale = _IVF_FILE.unpack(header)
    written.read(size - _IVF_FILE.size)
    while len(head := written.read(_IVF_FRAME.size)) == _IVF_FRAME.size:
        length, tick = _IVF_FRAME.unpack(head)
        payload = written.read(length)
        if len(payload) < length:
            return
        packets.put(TimedPacket(payload, Fraction(tick * scale, rate), _begins_a_sequence(payload)))


def _begins_a_sequence(payload: bytes) -> bool:
    """Whether a sequence header comes first behind the temporal delimiter, which is two bytes."""
    types = [byte >> 3 & 15 for byte in (payload[:1] + payload[2:3])]
    return types == [_TEMPORAL_DELIMITER, _SEQUENCE_HEADER]


READERS: Mapping[str, ReadPackets] = {"mpegts": read_transport_stream, "ivf": read_ivf}
"""By FFmpeg's name of the container."""
