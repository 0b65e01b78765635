"""Scale-space flow encodes a stream: closed GOPs from its first frame on, `batch` of them in step.

Frame t of every GOP of a group is one batch for the transforms and the coder. With a batch of one, as on the CPU, a
frame is coded as soon as it comes. Strings are written aside, and waited for at the end of a push. How frames came, and
how many GOPs the stream has, moves no bit: a batch that is not full is filled up with zeros.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ahc_stream.codecs.learned.coding import PendingLatents
from ahc_stream.codecs.learned.flow_steps import FlowSteps
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.codecs.learned.stream import naming_frames, unit_of
from ahc_stream.core.clip import Clip
from ahc_stream.core.unit import Unit

Watch = Callable[[int, Tensor], None]
"""Takes a frame's number and the picture that a decoder will make of it: uint8 [1, 3, H, W]."""


class FlowEncoder:
    """See `core.protocols.Encoder`.

    gop:    frames from one I frame to the next.
    watch:  is called for each frame that was coded.

    On the CPU it likes frames one by one, so that each has its own time; on a GPU a clip at once, for every push waits
    for its strings.
    """

    def __init__(
        self, steps: FlowSteps, header: Mapping[str, Any], padding: PicturePadding, gop: int, watch: Watch | None = None
    ) -> None:
        self.header = header
        self._steps, self._padding, self._gop, self._watch = steps, padding, gop, watch
        self._batch = steps.numerics.batch
        self.frames_at_once = 1 if steps.model.device.type == "cpu" else None
        self._waiting: dict[int, Tensor] = {}
        self._coding: list[tuple[str, list[int], list[PendingLatents]]] = []
        self._coded: dict[int, Unit] = {}
        self._reference: Tensor | None = None
        self._pushed = self._returned = 0  # frames
        self._group = self._step = 0  # the first frame of the group, and the place in its GOPs

    def push(self, clip: Clip) -> Sequence[Unit]:
        self._steps.model.check(clip.frames)
        for frame in torch.split(clip.frames, 1):
            self._waiting[self._pushed] = frame
            self._pushed += 1
        with self._steps.arithmetic():
            while self._last_of_step() < self._pushed:
                self._advance()
        return self._written()

    def finish(self) -> Sequence[Unit]:
        with self._steps.arithmetic():
            while self._waiting:
                self._advance()
        return self._written()

    def _last_of_step(self) -> int:
        """The frame of the group's last GOP that takes part in the next step."""
        return self._group + (self._batch - 1) * self._gop + self._step

    def _advance(self) -> None:
        """One step: the next frame of every GOP of the group that has one."""
        first = self._group + self._step
        frames = [frame for frame in range(first, self._last_of_step() + 1, self._gop) if frame in self._waiting]
        pictures = self._padding.to_network(torch.cat([self._waiting.pop(frame) for frame in frames]))
        # GOPs that are over are the last ones of the group
        reference = None if self._reference is None else self._reference[: len(frames)]
        kind, latents, self._reference = self._steps.encode(pictures, reference)
        self._coding.append((kind, frames, latents))
        if self._watch is not None:
            for frame, picture in zip(frames, torch.split(self._padding.to_frames(self._reference), 1), strict=True):
                self._watch(frame, picture)
        self._step += 1
        if self._step == self._gop:
            self._group += self._batch * self._gop
            self._step, self._reference = 0, None

    def _written(self) -> list[Unit]:
        """The units that are next, once all that was begun is written: what a push gives does not depend on timing.
        The first frame that fails raises its error."""
        coding, self._coding = self._coding, []
        for kind, frames, latents in coding:
            with naming_frames(frames, self.header, self._steps.model.device):
                coded = [latent.wait() for latent in latents]
            for frame, *of_frame in zip(frames, *coded, strict=True):
                self._coded[frame] = unit_of(frame, kind, of_frame)
        return list(self._in_order())

    def _in_order(self) -> Iterator[Unit]:
        while self._returned in self._coded:
            yield self._coded.pop(self._returned)
            self._returned += 1
