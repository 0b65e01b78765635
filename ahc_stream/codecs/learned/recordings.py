"""Functions of tensors as one launch: on a GPU, from the second time that their shapes come, a CUDA graph.

A P frame is hundreds of small kernels, and a frame of few pixels is over before the next one is launched. A recording
keeps all memory that the function works in, so one whose work is large is left as it is: there the kernels are long.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import torch
from torch import Tensor

from ahc_stream.codecs.learned.second_use import FromSecondUse
from ahc_stream.core.recording import recorded

Work = Callable[..., Sequence[Tensor]]
"""Tensors -> tensors, on one device, without a wait for it."""

MOST_BYTES = 1 << 31
"""Of memory that a function may work in to be recorded."""

KEPT = 4
"""Recordings kept by one lane."""


class Recordings:
    """Those of one lane. Each result is a copy of its own: the next run moves nothing that was given away."""

    def __init__(self) -> None:
        self._recordings: FromSecondUse[_Recording] = FromSecondUse(KEPT)

    def run(self, name: Hashable, work: Work, working_bytes: int, *inputs: Tensor) -> Sequence[Tensor]:
        """`work(*inputs)`; `name` says which work, `working_bytes` how much memory it takes."""
        if inputs[0].device.type != "cuda" or working_bytes > MOST_BYTES:
            return work(*inputs)
        key = name, *(tensor.shape for tensor in inputs)
        # a shape that comes once, as the last frames of a stream may, is not worth a recording
        recording = self._recordings.get(key, lambda: _Recording(work, inputs))
        return work(*inputs) if recording is None else recording.run(inputs)


class _Recording:
    """Work over buffers that stay where they are."""

    def __init__(self, work: Work, inputs: Sequence[Tensor]) -> None:
        self._inputs = [tensor.clone(memory_format=torch.contiguous_format) for tensor in inputs]
        self._outputs = [torch.empty_like(tensor) for tensor in work(*self._inputs)]
        self._work = work
        self._replay = recorded(self._run_once, inputs[0].device)

    def _run_once(self) -> None:
        for kept, result in zip(self._outputs, self._work(*self._inputs), strict=True):
            kept.copy_(result)

    def run(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        for kept, tensor in zip(self._inputs, inputs, strict=True):
            kept.copy_(tensor)
        self._replay()
        return [kept.clone() for kept in self._outputs]
