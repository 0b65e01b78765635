"""Scale-space flow decodes a stream: as many GOPs in step as its encoder had, whatever their lengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from ahc_stream.codecs.learned.flow_steps import LATENTS, FlowSteps
from ahc_stream.codecs.learned.geometry import Geometry
from ahc_stream.codecs.learned.stream import BROKEN
from ahc_stream.core.errors import CodecError
from ahc_stream.core.unit import Unit


class FlowDecoder:
    """See `core.protocols.Decoder`. Units come in display order, GOPs may have any length.

    ahead:  units whose strings are read at once: the latents are held.
    """

    def __init__(self, steps: FlowSteps, geometry: Geometry, ahead: int) -> None:
        self._steps, self._geometry, self._ahead = steps, geometry, ahead
        self._batch = steps.numerics.batch
        self._gops: list[list[Unit]] = []  # of the group
        self._alive: list[int] = []  # those of them that the rows of `_reference` belong to
        self._reference: Tensor | None = None
        self._pictures: dict[int, Tensor] = {}
        self._pushed = self._returned = 0  # frames
        self._step = 0  # the place in the group's GOPs

    def push(self, units: Sequence[Unit]) -> Sequence[Tensor]:
        with self._steps.arithmetic():
            for unit in units:
                self._check(unit)
                if unit.type == "I":
                    self._begin_gop()
                self._gops[-1].append(unit)
                self._pushed += 1
            self._decode(list(self._ready()))
        return list(self._in_order())

    def finish(self) -> Sequence[Tensor]:
        with self._steps.arithmetic():
            self._end_group()
        return list(self._in_order())

    def _check(self, unit: Unit) -> None:
        if unit.frame != self._pushed:
            raise CodecError(f"frame {self._pushed} next", f"frame {unit.frame}", "push units in display order")
        if unit.type not in LATENTS or (unit.type != "I" and not self._gops):
            raise CodecError("an I frame, or a P frame after one", f"type {unit.type!r} at frame {unit.frame}", BROKEN)

    def _begin_gop(self) -> None:
        if len(self._gops) == self._batch:
            self._end_group()
        self._gops.append([])

    def _end_group(self) -> None:
        longest = max(map(len, self._gops), default=0)
        self._decode([self._gops_at(step) for step in range(self._step, longest)])
        self._gops, self._alive, self._reference, self._step = [], [], None, 0

    def _ready(self) -> Iterator[list[int]]:
        """The steps that lack no unit: only the group's last GOP can still grow."""
        if len(self._gops) == self._batch:
            for step in range(self._step, len(self._gops[-1])):
                yield self._gops_at(step)

    def _gops_at(self, step: int) -> list[int]:
        """The GOPs that have a frame at a step."""
        return [number for number, gop in enumerate(self._gops) if len(gop) > step]

    def _decode(self, steps: Sequence[list[int]]) -> None:
        """The next steps, each given as the GOPs that take part; strings are read some steps ahead."""
        together = max(1, self._ahead // self._batch)
        for first in range(0, len(steps), together):
            now = steps[first : first + together]
            units = [[self._gops[gop][self._step + i] for gop in gops] for i, gops in enumerate(now)]
            values = self._steps.read([unit for of_step in units for unit in of_step], self._geometry.latent)
            for gops, of_step in zip(now, units, strict=True):
                self._advance(gops, of_step, [values[unit.frame] for unit in of_step])

    def _advance(self, gops: list[int], units: Sequence[Unit], values: Sequence[list[Tensor]]) -> None:
        """One step: a frame of each of these GOPs, from the values of its latents."""
        reference = self._reference
        if reference is not None and gops != self._alive:
            reference = reference[[self._alive.index(gop) for gop in gops]]
        latents = [torch.cat(of_frames) for of_frames in zip(*values, strict=True)]
        self._reference, self._alive = self._steps.decode(latents, reference), gops
        pictures = self._geometry.padding.to_frames(self._reference)
        for unit, picture in zip(units, torch.split(pictures, 1), strict=True):
            self._pictures[unit.frame] = picture
        self._step += 1

    def _in_order(self) -> Iterator[Tensor]:
        while self._returned in self._pictures:
            yield self._pictures.pop(self._returned)
            self._returned += 1
