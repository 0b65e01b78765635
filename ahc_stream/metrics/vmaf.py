"""VMAF and its kin through ffmpeg's filters: work of the CPU, in a process of its own, one for all that is asked for.

libvmaf writes its log when it ends, so no process can serve a stream whose values are wanted as it goes on. A stream
goes through in windows instead, and one start of the program scores a window for every metric.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import nan

import torch
from torch import Tensor

from ahc_stream.core.programs import ffmpeg
from ahc_stream.metrics import scores
from ahc_stream.metrics.entry import Joint, MetricFamily
from ahc_stream.metrics.filters import Planes, frame_scores, require
from ahc_stream.metrics.luma import is_unknown, luma
from ahc_stream.metrics.scores import FilterScore

WINDOW = 16
"""Frames that are scored by one start of the program: its start costs about as much as one frame of 1080p."""


class FilteredStream:
    """Scores of one stream, which goes through the filters in windows of so many of its frames.

    libvmaf's motion of a frame is the lesser of its differences to the frame before and to the one behind, XPSNR looks
    at the frame before; everything else looks at the frame alone. So a window with a neighbour on either side has the
    scores of the whole stream. The program runs within a call and ends with it.

    delay:  the most frames that are pushed and have no score yet: a window is scored when the frame behind it is here.
    """

    def __init__(self, wanted: Mapping[str, FilterScore], device: torch.device, consecutive: bool) -> None:
        """wanted: the score of each metric, by its name."""
        self.delay = WINDOW if consecutive else 0
        self._wanted, self._device, self._consecutive = wanted, device, consecutive
        self._before: list[Planes] = []  # the frame before those that wait, or none
        self._waiting: list[Planes] = []  # the frames without scores
        self._unknown: list[bool] = []  # of these frames, which have a NaN pixel

    def push(self, reference: Tensor, distorted: Tensor) -> dict[str, Tensor]:
        """See the rows of `METRICS`. Floats are rounded to 8 bits, and a frame with a NaN pixel has no score."""
        height, width = reference.shape[2:]
        if not any(score.is_defined(height, width) for score in self._wanted.values()):
            none = torch.full((len(reference),), nan, dtype=torch.float64, device=self._device)
            return dict.fromkeys(self._wanted, none)
        self._waiting.extend(torch.stack([luma(reference), luma(distorted)], dim=1).cpu().numpy())
        self._unknown.extend(is_unknown(reference, distorted).tolist())
        known: dict[str, list[float]] = {name: [] for name in self._wanted}
        while len(self._waiting) > self.delay:
            self._score(WINDOW if self._consecutive else len(self._waiting), known)
        return self._tensors(known)

    def finish(self) -> dict[str, Tensor]:
        """The scores of the frames that wait."""
        known: dict[str, list[float]] = {name: [] for name in self._wanted}
        if self._waiting:
            self._score(len(self._waiting), known)
        return self._tensors(known)

    def _score(self, count: int, known: dict[str, list[float]]) -> None:
        """Adds the scores of the first `count` frames that wait, which wait no more."""
        first = len(self._before)
        window = [*self._before, *self._waiting[: count + 1]]
        defined = [score for score in self._wanted.values() if score.is_defined(*window[0].shape[1:])]
        found = frame_scores(defined, window, self._consecutive)
        for name, score in self._wanted.items():
            values = found[score][first : first + count] if score in found else [nan] * count
            unknown = self._unknown[:count]
            known[name] += [nan if lost else value for lost, value in zip(unknown, values, strict=True)]
        self._before = self._waiting[count - 1 : count] if self._consecutive else []
        self._waiting, self._unknown = self._waiting[count:], self._unknown[count:]

    def _tensors(self, known: Mapping[str, list[float]]) -> dict[str, Tensor]:
        return {name: torch.tensor(each, dtype=torch.float64, device=self._device) for name, each in known.items()}


FAMILY = MetricFamily(FilteredStream, require, ffmpeg)

VMAF = Joint(FAMILY, scores.VMAF)
VMAF_NEG = Joint(FAMILY, scores.VMAF_NEG)
VMAF_4K = Joint(FAMILY, scores.VMAF_4K)
VMAF_PHONE = Joint(FAMILY, scores.VMAF_PHONE)
VMAF_ADM = Joint(FAMILY, scores.ADM)
VMAF_VIF_0, VMAF_VIF_1, VMAF_VIF_2, VMAF_VIF_3 = (Joint(FAMILY, score) for score in scores.VIF)
CAMBI = Joint(FAMILY, scores.CAMBI)
XPSNR_Y = Joint(FAMILY, scores.XPSNR_Y)
