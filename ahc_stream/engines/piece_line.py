"""The line over one piece of a run: all of it in one process, or what a worker was given."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, closing
from functools import partial
from typing import Any

import torch

from ahc_stream.core.clip import Item
from ahc_stream.core.cuda import lane
from ahc_stream.core.heap import keeping_memory
from ahc_stream.core.numeric_policy import computing_by
from ahc_stream.core.openmp import give_up_team
from ahc_stream.core.spans import marked_for_nvidia
from ahc_stream.engines.outcome import Outcome
from ahc_stream.engines.pieces import Piece
from ahc_stream.lanes import End, Line, Load
from ahc_stream.line.kits import Kits
from ahc_stream.line.work import CodedClip, EarlierWork, Work
from ahc_stream.plan import Plan


class PieceLine:
    """A line that is iterated once, for what comes out of it in any order.

    earlier:  what of the piece is done.
    kits:     codecs and tasks of the line before, and of the next one.
    """

    def __init__(self, plan: Plan, piece: Piece, earlier: EarlierWork, kits: Kits | None = None) -> None:
        self._kits = kits or Kits()
        self._policy, self._device = plan.numeric_policy, plan.device
        items = plan.dataset.named(piece.names).items
        stages = plan.stages(earlier, piece.points, self._kits)
        surroundings = partial(lane, plan.device, torch.get_num_threads())
        self._line: Line[Outcome] = Line(items, stages, surroundings, _label)

    @property
    def loads(self) -> dict[str, Load]:
        """Busy, starved and blocked seconds of each stage so far."""
        return self._line.loads

    @property
    def facts(self) -> dict[str, Any]:
        """Nothing beside the loads."""
        return {}

    def __iter__(self) -> Generator[Outcome, None, None]:
        give_up_team()  # of this thread, which computes no more: it would slow the lanes down
        with ExitStack() as held:
            held.enter_context(computing_by(self._policy, self._device))
            held.enter_context(marked_for_nvidia(self._device))
            trim = held.enter_context(keeping_memory())
            for outcome in held.enter_context(closing(iter(self._line))):
                trim()
                yield outcome
        self._kits.all_back()


def _label(message: Any) -> str:
    """What an error's note calls the item that a stage had in hand."""
    match message:
        case Item():
            return f"item {message.name!r}"
        case Work(at, clip):
            return f"the clip from {clip.keys[0]} at {at.point}"
        case CodedClip(at, trip):
            return f"the clip from {trip.reference.keys[0]} at {at.point}"
        case End(at):
            return f"the end of {at}"
        case _:
            return str(message)
