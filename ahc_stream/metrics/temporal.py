"""How steady a decoded video is: flicker, and the error that is left along the original's motion.

Both compare a frame with the one before it, so that its value is known when it comes. The first frame of a stream has
none, nor has a frame that stands alone.
"""

from __future__ import annotations

from math import nan
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from ahc_stream.metrics.entry import Temporal
from ahc_stream.metrics.luma import luma
from ahc_stream.metrics.motion import MIN_SIDE, Motion, opencv, sampled


class DecodedFrame(NamedTuple):
    """A frame, [3, H, W] in 0..255, of the original and as it was decoded."""

    reference: Tensor
    distorted: Tensor


class FrameStep(Protocol):
    """What is measured from one frame to the next."""

    def __call__(self, before: DecodedFrame, now: DecodedFrame) -> Tensor:
        """float64 []: the value of the frame `now`."""
        ...


class FrameToFrame:
    """The metric of one stream that a step gives. delay: none, for nothing waits."""

    delay = 0

    def __init__(self, step: FrameStep, device: torch.device, consecutive: bool) -> None:
        self._step, self._device, self._consecutive = step, device, consecutive
        self._before: DecodedFrame | None = None

    def push(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """See the rows of `METRICS`. The last frames are copied, so that their clip can go."""
        values = []
        for now in map(DecodedFrame, reference, distorted):
            values.append(self._value(now))
            self._before = now if self._consecutive else None
        if self._before is not None:
            self._before = DecodedFrame(*(frame.clone() for frame in self._before))
        return torch.stack(values)

    def finish(self) -> Tensor:
        """Nothing: every frame had its value."""
        return torch.empty(0, dtype=torch.float64, device=self._device)

    def _value(self, now: DecodedFrame) -> Tensor:
        if self._before is None:
            return torch.full((), nan, dtype=torch.float64, device=self._device)
        return self._step(self._before, now)


def flicker(before: DecodedFrame, now: DecodedFrame) -> Tensor:
    """Mean over channels and pixels of |(y - y before) - (x - x before)|: exact sums where the frames are bytes."""
    exact = torch.int16 if now.reference.dtype == torch.uint8 else torch.float64
    reference, distorted = (new.to(exact) - old.to(exact) for new, old in zip(now, before, strict=True))
    change = (distorted - reference).abs()
    wide = torch.int64 if exact == torch.int16 else torch.float64
    return change.sum(dtype=wide).double() / change.numel()


class WarpError:
    """Mean squared difference of the decoded frame and the one before it, brought to its place along the original's
    motion, where that motion is known. On the CPU, whose bits do not depend on the number of threads."""

    def __init__(self) -> None:
        self._motion = Motion()

    def __call__(self, before: DecodedFrame, now: DecodedFrame) -> Tensor:
        device = now.distorted.device
        value = self._measured(
            DecodedFrame(*(frame.cpu() for frame in before)), DecodedFrame(*(frame.cpu() for frame in now))
        )
        return torch.tensor(value, dtype=torch.float64).to(device)

    def _measured(self, before: DecodedFrame, now: DecodedFrame) -> float:
        if min(now.reference.shape[1:]) < MIN_SIDE:
            return nan
        if any(frame.isnan().any() for frame in (*before, *now)):
            return nan
        old, new = luma(torch.stack([before.reference, now.reference])).numpy()
        flow = self._motion(new, old)
        if not flow.is_known.any():
            return nan
        error = now.distorted.double() - sampled(before.distorted.double(), flow.back)
        kept = error.square().numpy()[:, flow.is_known]
        return float(np.mean(kept))


def begin_flicker(device: torch.device, consecutive: bool) -> FrameToFrame:
    """`METRICS["flicker"]` of one stream."""
    return FrameToFrame(flicker, device, consecutive)


def begin_warp_error(device: torch.device, consecutive: bool) -> FrameToFrame:
    """`METRICS["warp_error"]` of one stream. Raises MissingExtra."""
    return FrameToFrame(WarpError(), device, consecutive)


def _nothing() -> None:
    """Flicker needs no package."""


def _opencv() -> None:
    opencv()


FLICKER = Temporal(begin_flicker, _nothing)
WARP_ERROR = Temporal(begin_warp_error, _opencv)
