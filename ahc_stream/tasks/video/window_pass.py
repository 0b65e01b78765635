"""A stream through a network that looks at windows of its frames, which may lie across the borders of clips."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from ahc_stream.tasks.pixels.preset import Preset
from ahc_stream.tasks.video.windows import Windows

Outputs = list[tuple[int, Tensor]]
"""Of each window the number of its first frame, counted from the stream's first, and float32 [1, outputs]."""


class WindowPass:
    """One stream. Each window goes through alone, so that the shape of what the network sees depends on nothing else;
    a window is many pictures, which keep a GPU busy as well.

    Every frame that is looked at is prepared once, and kept as the network sees it until the last window that has it:
    at most the span of a window beside what was pushed last.

    pushed:  frames so far.
    begins:  the frame at which the first window begins that has not gone through.
    """

    def __init__(self, network: Callable[[Tensor], Tensor], preset: Preset, windows: Windows) -> None:
        """network: float32 [1, 3, T, crop, crop] -> [1, outputs]."""
        self._network, self._preset, self._windows = network, preset, windows
        self._pictures: dict[int, Tensor] = {}  # frame -> float32 [3, crop, crop]
        self.pushed = self.begins = 0

    def push(self, frames: Tensor) -> Outputs:
        """Takes the next frames, uint8 [N, 3, H, W]. Returns the outputs for the windows that are whole by now."""
        self._prepare(frames)
        outputs: Outputs = []
        while self.begins + self._windows.span <= self.pushed:
            window = self._windows.begun_at(self.begins)
            outputs.append((self.begins, self._output(window)))
            self.begins += self._windows.stride
        self._pictures = {frame: picture for frame, picture in self._pictures.items() if frame >= self.begins}
        return outputs

    def finish(self) -> Outputs:
        """The stream is over: the output for the one window of a stream that was shorter than a window, else none."""
        is_short = self.begins == 0 and self.pushed > 0
        if not is_short:
            return []
        return [(0, self._output(self._windows.of_short(self.pushed)))]

    def _prepare(self, frames: Tensor) -> None:
        """Those that a window has, as the network sees them."""
        indexes = [index for index in range(len(frames)) if self._windows.look_at(self.pushed + index)]
        if indexes:
            for index, picture in zip(indexes, self._preset.apply(frames[indexes]), strict=True):
                self._pictures[self.pushed + index] = picture
        self.pushed += len(frames)

    def _output(self, frames: Sequence[int]) -> Tensor:
        pictures = torch.stack([self._pictures[frame] for frame in frames], dim=1)
        return self._network(pictures[None])
