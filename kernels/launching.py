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

ALIGNMENT = 16
"""Bytes: where a tensor's memory begins at a multiple of them, Triton loads wider."""

_compiled: set[Hashable] = set()
_compiling = threading.Lock()


def launch(kernel: Any, grid: tuple[int, ...], *arguments: Tensor | float, **constants: Any) -> None:
    """Runs a kernel on the device of its tensors, under the interpreter in the CPU's memory.

    The first thread that comes with a kernel of some `kind` has the others wait until it is compiled: Triton itself
    would compile it once in each thread.
    """
    tensor = next(argument for argument in arguments if isinstance(argument, Tensor))
    key = tensor.device, kind(kernel, arguments, constants)
    with torch.cuda.device_of(tensor):  # type: ignore[no-untyped-call]  # torch has none
        if key in _compiled:
            _run(kernel, grid, arguments, constants)
            return
        with _compiling:
            _run(kernel, grid, arguments, constants)
        _compiled.add(key)


def kind(kernel: Any, arguments: tuple[Tensor | float, ...], constants: dict[str, Any]) -> Hashable:
    """What the machine code of a launch depends on, beside the device."""
    tensors = [argument for argument in arguments if isinstance(argument, Tensor)]
    types = tuple((tensor.dtype, tensor.data_ptr() % ALIGNMENT == 0) for tensor in tensors)
    return kernel, types, tuple(constants.items())


def _run(kernel: Any, grid: tuple[int, ...], arguments: tuple[Tensor | float, ...], constants: dict[str, Any]) -> None:
    kernel[grid](*arguments, **constants)


def programs(lanes: int) -> tuple[int]:
    """The grid that gives every lane a place."""
    return (-(-lanes // LANES),)
