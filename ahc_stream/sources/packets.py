"""A file's packets on their way to a decoder, and what they say about whether the file is whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ahc_stream.sources.structure import structural_damage

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream

NEAR_A_JOIN = 2
"""Packets between one that a transport stream marks as damaged and the place where time runs back, if that is where two
recordings were joined: the counters jump there, and nothing is lost."""


class PacketCheck:
    """Counts the packets that a container gives, and afterwards knows whether the file is whole."""

    def __init__(self, path: Path, container: InputContainer, stream: VideoStream) -> None:
        self._path, self._container, self._stream = path, container, stream
        self._count = 0
        self._damaged: list[int] = []
        self._joins: list[int] = []
        self._last_dts: int | None = None

    def packets(self) -> Iterator[Packet[Any]]:
        """The packets of the video stream."""
        for packet in self._container.demux(self._stream):
            if packet.size:
                self._look_at(packet)
                yield packet

    def _look_at(self, packet: Packet[Any]) -> None:
        if packet.is_corrupt:
            self._damaged.append(self._count)
        if packet.dts is not None:
            if self._last_dts is not None and packet.dts < self._last_dts:
                self._joins.append(self._count)
            self._last_dts = packet.dts
        self._count += 1

    def damage(self) -> str | None:
        """Why the file is not whole, in words, once all packets were read."""
        format_name = self._container.format.name
        cut = structural_damage(self._path, format_name)
        if cut is not None:
            return cut
        if "mp4" in format_name.split(","):
            indexed = sum(entry.size > 0 for entry in self._stream.index_entries)
            if self._count < indexed:
                return f"{self._count} of the {indexed} frames that its index lists"
        damaged = [number for number in self._damaged if not self._is_at_a_join(number)]
        if damaged:
            return f"{len(damaged)} damaged packets among its {self._count}, the first is number {damaged[0]}"
        return None

    def _is_at_a_join(self, number: int) -> bool:
        return any(abs(join - number) <= NEAR_A_JOIN for join in self._joins)
