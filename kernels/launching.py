"""How Triton's kernels are launched: on which device, by how many programs, and compiled by one thread only."""

from __future__ import annotations

import threading
from collections.abc import Hashable
from typing import Any

import torch
from torch import Tensor

LANES = 128
"""Lanes of one program: four warps. No lane sees another, so no bit depends on it; interpreted programs are larger."""

SIZES = (
    "planes", "frames", "bands", "groups", "rows", "height", "width", "lower", "narrow", "count", "depth", "floats",
    "x_frame", "x_channel", "x_row", "x_column", "y_frame", "y_channel", "y_row", "y_column",
)  # fmt: skip
"""Names of the arguments that no kernel is specialised on. Triton would compile it anew for every one that happens to
be 1 or a multiple of 16; what a kernel may assume of its sizes is said in its units instead (`planes_cuda`)."""

_compiled: set[Hashable] = set()
_compiling = threading.Lock()


def launch(kernel: Any, grid: tuple[int, ...], *arguments: Tensor | float, **constants: Any) -> None:
    """Runs a kernel on the device of its tensors, under the interpreter in the CPU's memory.

    What its machine code depends on is the kernel, the tensors' types and the constants. The first thread that comes
    with these has the others wait until they are compiled: Triton itself would compile them once in each thread.
    """
    tensors = [argument for argument in arguments if isinstance(argument, Tensor)]
    device, types = tensors[0].device, tuple(tensor.dtype for tensor in tensors)
    key = kernel, device, types, tuple(constants.items())
    with torch.cuda.device_of(tensors[0]):  # type: ignore[no-untyped-call]  # torch has none
        if key in _compiled:
            _run(kernel, grid, arguments, constants)
            return
        with _compiling:
            _run(kernel, grid, arguments, constants)
        _compiled.add(key)


def _run(kernel: Any, grid: tuple[int, ...], arguments: tuple[Tensor | float, ...], constants: dict[str, Any]) -> None:
    kernel[grid](*arguments, **constants)


def programs(lanes: int) -> tuple[int]:
    """The grid that gives every lane a place."""
    return (-(-lanes // LANES),)
