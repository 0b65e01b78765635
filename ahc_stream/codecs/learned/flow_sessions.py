"""Scale-space flow over a stream: closed GOPs from its first frame on, `batch` of them in step.

Frame t of every GOP of a group is one batch for the transforms and the coder. With a batch of one, as on the CPU, a frame
is coded as soon as it comes. How frames came, and how many GOPs the stream has, moves no bit: a batch that is not full is
filled up with zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ahc_stream.codecs.learned.flow_steps import BROKEN, LATENTS, FlowSteps
from ahc_stream.codecs.learned.padding import Padding
from ahc_stream.codecs.learned.stream import unit_of
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.unit import Unit

Watch = Callable[[int, Tensor], None]


class FlowEncoder:
    """See `core.protocols.Encoder`.

    gop:    frames from one I frame to the next.
    watch:  is told each frame's number and the picture that a decoder will make of it: uint8 [1, 3, H, W].
    """

    frames_at_once = 1

    def __init__(
        self, steps: FlowSteps, header: Mapping[str, Any], padding: Padding, gop: int, watch: Watch | None = None
    ) -> None:
        self.header = header
        self._steps, self._padding, self._gop, self._watch = steps, padding, gop, watch
        self._waiting: dict[int, Tensor] = {}
        self._coded: dict[int, Unit] = {}
        self._reference: Tensor | None = None
        self._given = self._left = self._group = self._step = 0

    def push(self, clip: Clip) -> Sequence[Unit]:
        self._steps.model.check(clip.frames)
        for frame in clip.frames.split(1):
            self._waiting[self._given] = frame
            self._given += 1
        with self._steps.arithmetic():
            while self._last_of_step() < self._given:
                self._advance()
        return list(self._in_order())

    def finish(self) -> Sequence[Unit]:
        with self._steps.arithmetic():
            while self._waiting:
                self._advance()
        return list(self._in_order())

    def _last_of_step(self) -> int:
        """The frame of the group's last GOP that takes part in the next step."""
        return self._group + (self._steps.terms.batch - 1) * self._gop + self._step

    def _advance(self) -> None:
        """One step: the next frame of every GOP of the group that has one."""
        first = self._group + self._step
        now = [frame for frame in range(first, self._last_of_step() + 1, self._gop) if frame in self._waiting]
        pictures = self._padding.to_network(torch.cat([self._waiting.pop(frame) for frame in now]))
        held = None if self._reference is None else self._reference[: len(now)]  # GOPs that are over are the last ones
        kind, latents, self._reference = self._steps.encode(pictures, held)
        for i, frame in enumerate(now):
            self._coded[frame] = unit_of(frame, kind, [latent[i] for latent in latents])
            if self._watch is not None:
                self._watch(frame, self._padding.to_frames(self._reference[i : i + 1]))
        self._step += 1
        if self._step == self._gop:
            self._group += self._steps.terms.batch * self._gop
            self._step, self._reference = 0, None

    def _in_order(self) -> Iterator[Unit]:
        while self._left in self._coded:
            yield self._coded.pop(self._left)
            self._left += 1


class FlowDecoder:
    """See `core.protocols.Decoder`. Units come in display order, GOPs may have any length.

    latent:  shape (h, w) of the latent that is decoded first.
    ahead:   units whose strings are read at once: the latents are held.
    """

    def __init__(self, steps: FlowSteps, padding: Padding, latent: tuple[int, int], ahead: int) -> None:
        self._steps, self._padding, self._latent, self._ahead = steps, padding, latent, ahead
        self._gops: list[list[Unit]] = []
        self._alive: list[int] = []  # of the group's GOPs, those of the rows of `_reference`
        self._reference: Tensor | None = None
        self._pictures: dict[int, Tensor] = {}
        self._given = self._left = self._step = 0

    def push(self, units: Sequence[Unit]) -> Sequence[Tensor]:
        with self._steps.arithmetic():
            for unit in units:
                self._check(unit)
                if unit.type == "I":
                    self._begin_gop()
                self._gops[-1].append(unit)
                self._given += 1
            self._decode(list(self._ready()))
        return list(self._in_order())

    def finish(self) -> Sequence[Tensor]:
        with self._steps.arithmetic():
            self._end_group()
        return list(self._in_order())

    def _check(self, unit: Unit) -> None:
        if unit.frame != self._given:
            raise CodecError(f"frame {self._given} next", f"frame {unit.frame}", "ssf2020 codes in display order")
        if unit.type not in LATENTS or (unit.type != "I" and not self._gops):
            raise CodecError("an I frame, or a P frame after one", f"type {unit.type!r} at frame {unit.frame}", BROKEN)

    def _begin_gop(self) -> None:
        if len(self._gops) == self._steps.terms.batch:
            self._end_group()
        self._gops.append([])

    def _end_group(self) -> None:
        longest = max(map(len, self._gops), default=0)
        self._decode([self._at(step) for step in range(self._step, longest)])
        self._gops, self._alive, self._reference, self._step = [], [], None, 0

    def _ready(self) -> Iterator[list[int]]:
        """The steps that lack no unit: only the group's last GOP can still grow."""
        if len(self._gops) == self._steps.terms.batch:
            for step in range(self._step, len(self._gops[-1])):
                yield self._at(step)

    def _at(self, step: int) -> list[int]:
        """The GOPs that have a frame at a step."""
        return [number for number, gop in enumerate(self._gops) if len(gop) > step]

    def _decode(self, steps: Sequence[list[int]]) -> None:
        """The next steps, each given as the GOPs that take part; strings are read some steps ahead."""
        together = max(1, self._ahead // self._steps.terms.batch)
        for first in range(0, len(steps), together):
            part = steps[first : first + together]
            units = [[self._gops[gop][self._step + i] for gop in gops] for i, gops in enumerate(part)]
            values = self._steps.read([unit for now in units for unit in now], self._latent)
            for gops, now in zip(part, units, strict=True):
                self._advance(gops, [values[unit.frame] for unit in now], now)

    def _advance(self, gops: list[int], values: Sequence[list[Tensor]], now: Sequence[Unit]) -> None:
        held = self._reference
        if held is not None and gops != self._alive:
            held = held[[self._alive.index(gop) for gop in gops]]
        latents = [torch.cat(each) for each in zip(*values, strict=True)]
        self._reference, self._alive = self._steps.decode(latents, held), gops
        pictures = self._padding.to_frames(self._reference)
        for unit, picture in zip(now, pictures.split(1), strict=True):
            self._pictures[unit.frame] = picture
        self._step += 1

    def _in_order(self) -> Iterator[Tensor]:
        while self._left in self._pictures:
            yield self._pictures.pop(self._left)
            self._left += 1
