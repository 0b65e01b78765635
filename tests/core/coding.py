"""Codecs over samples, whose delays, blocks and faults are chosen, and clips to put through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip, FrameKey
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit

HEIGHT, WIDTH = 2, 4
POINT = OperatingPoint("own")


def clip(count: int, first: int = 0, consecutive: bool = True, seconds: Sequence[float] | None = None) -> Clip:
    """Frames whose samples are their number in the item, at 25 per second."""
    numbers = list(range(first, first + count))
    frames = torch.tensor(numbers, dtype=torch.uint8)[:, None, None, None].repeat(1, 3, HEIGHT, WIDTH)
    names = ["v"] * count if consecutive else [f"s{number}" for number in numbers]
    keys = tuple(FrameKey("d", name, number * consecutive) for name, number in zip(names, numbers, strict=True))
    times = torch.tensor([number / 25 for number in numbers] if seconds is None else seconds, dtype=torch.float64)
    return Clip(frames, keys, times * consecutive, consecutive)


def unit_of(frame: torch.Tensor, number: int) -> Unit:
    return Unit(frame.contiguous().numpy().tobytes(), number, "P" if number else "I")


def frames_of(units: Sequence[Unit]) -> torch.Tensor:
    samples = [torch.frombuffer(bytearray(unit.payload), dtype=torch.uint8) for unit in units]
    return torch.stack(samples).view(-1, 3, HEIGHT, WIDTH)


@dataclass
class Sessions:
    """A codec with sessions.

    delay:           frames that its encoder holds.
    frames_at_once:  as an encoder says it.
    block:           frames that its decoder gives together; it holds what does not fill a block until its end.
    pushed:          frames of each push that encoders got.
    header:          what each next encoder says.
    """

    delay: int = 0
    frames_at_once: int | None = None
    block: int = 1
    point: OperatingPoint = POINT
    pushed: list[int] = field(default_factory=list)
    headers: list[dict[str, Any]] = field(default_factory=list)
    opened: int = 0

    def encoder(self, stream: Stream) -> SessionsEncoder:
        self.opened += 1
        return SessionsEncoder(self, self.headers.pop(0) if self.headers else {"size": [HEIGHT, WIDTH]})

    def decoder(self, header: Mapping[str, Any]) -> SessionsDecoder:
        return SessionsDecoder(self.block)


class SessionsEncoder:
    def __init__(self, codec: Sessions, header: dict[str, Any]) -> None:
        self._codec, self.header, self.frames_at_once = codec, header, codec.frames_at_once
        self._units: list[Unit] = []
        self._count = 0

    def push(self, clip: Clip) -> Sequence[Unit]:
        self._codec.pushed.append(len(clip))
        self._units += [unit_of(frame, self._count + i) for i, frame in enumerate(clip.frames)]
        self._count += len(clip)
        ready = max(0, len(self._units) - self._codec.delay)
        units, self._units = self._units[:ready], self._units[ready:]
        return units

    def finish(self) -> Sequence[Unit]:
        units, self._units = self._units, []
        return units


class SessionsDecoder:
    def __init__(self, block: int) -> None:
        self._block = block
        self._units: list[Unit] = []

    def push(self, units: Sequence[Unit]) -> Sequence[torch.Tensor]:
        self._units += units
        blocks = []
        while len(self._units) >= self._block:
            blocks.append(frames_of(self._units[: self._block]))
            del self._units[: self._block]
        return blocks

    def finish(self) -> Sequence[torch.Tensor]:
        units, self._units = self._units, []
        return [frames_of(units)] if units else []


@dataclass
class Clips:
    """A codec of whole clips.

    fails_at:  the level of a frame that it cannot code.
    encoded, decoded:  frames of each call.
    """

    intra_only: bool = True
    fails_at: int | None = None
    point: OperatingPoint = POINT
    reverse: bool = False
    headers: list[dict[str, Any]] = field(default_factory=list)
    encoded: list[int] = field(default_factory=list)
    decoded: list[int] = field(default_factory=list)

    def encode(self, clip: Clip) -> Bitstream:
        self.encoded.append(len(clip))
        if self.fails_at in clip.frames[:, 0, 0, 0].tolist():
            raise CodecError("frames that it can code", f"frame {self.fails_at}", "leave it out")
        units = [unit_of(frame, i) for i, frame in enumerate(clip.frames)]
        header = self.headers.pop(0) if self.headers else {}
        return Bitstream("own", header, tuple(reversed(units) if self.reverse else units))

    def decode(self, bitstream: Bitstream) -> torch.Tensor:
        self.decoded.append(len(bitstream.units))
        return frames_of(sorted(bitstream.units, key=lambda unit: unit.frame))


def with_segment(codec: Any, segment: str) -> Any:
    return replace(codec, point=OperatingPoint("own", None, (("segment", segment),)))
