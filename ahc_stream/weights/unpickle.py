"""Files of weights, read without running code of theirs: pickles of arrays, files of torch.save, safetensors.

A pickle says which functions to call. These readers know the few that arrays, tensors and given classes are made of,
and refuse a file that names another: it chooses among them, it brings no code.
"""

from __future__ import annotations

import pickle
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from torch import Tensor

_DAMAGE = (
    pickle.UnpicklingError,
    EOFError,
    RuntimeError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    MemoryError,
    OSError,
)
"""What a damaged or foreign file raises is whatever its opcodes run into."""

_loading = threading.Lock()
"""Torch's list of safe classes belongs to the process, and lanes load at the same time: what a file names beyond that
list is asked for, and allowed, by one lane at a time."""


class UnreadableFile(Exception):
    """What is wrong with a file, in one line. Whoever asked says what it was to hold."""


def read_arrays(path: Path) -> object:
    """What a pickle of numpy arrays in dictionaries, lists and the like holds. Raises UnreadableFile."""
    try:
        with path.open("rb") as file:
            return _ArraysOnly(file).load()
    except _DAMAGE as error:
        raise UnreadableFile(f"{type(error).__name__}: {_first_line(error)}") from error


class _ArraysOnly(pickle.Unpickler):
    """Refuses every global but the three that an array is made of."""

    def find_class(self, module: str, name: str) -> Any:
        known = {
            ("numpy.core.multiarray", "_reconstruct"): _empty_array,
            ("numpy._core.multiarray", "_reconstruct"): _empty_array,  # its newer name
            ("numpy", "ndarray"): "the class of an array",  # `_reconstruct` gets it; nobody is to call it
            ("numpy", "dtype"): np.dtype,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"a file that wants {module}.{name}")
        return known[module, name]


def _empty_array(_: object, shape: tuple[int, ...], __: object) -> npt.NDArray[np.int8]:
    """An array before its state is set, which brings dtype, shape and numbers. Any other shape is not numpy's writing:
    it would take memory that no number in the file answers for."""
    if shape != (0,):
        raise pickle.UnpicklingError(f"a file that wants an empty array of shape {shape}")
    return np.empty(0, np.int8)


def read_torch(path: Path, classes: Mapping[str, type] | None = None) -> Any:
    """What torch.save wrote, on the CPU: tensors, numbers, texts, and objects of `classes`. Raises UnreadableFile.

    classes:  name in a file, "package.module.Class", -> the class that stands for it here.
    """
    import torch

    known = classes or {}
    try:
        with _loading:
            named = torch.serialization.get_unsafe_globals_in_checkpoint(path) if known else []
            unknown = sorted(set(named) - set(known))
            if unknown:
                raise UnreadableFile(f"a file that wants {', '.join(unknown)}")
            with torch.serialization.safe_globals([(known[name], name) for name in named]):
                return torch.load(path, map_location="cpu", weights_only=True)
    except _DAMAGE as error:
        raise UnreadableFile(_without_advice(error)) from error


def _without_advice(error: Exception) -> str:
    """What torch found, less its advice to load the file without restrictions."""
    name = re.search(r"GLOBAL ([\w.]+)", str(error))
    if name:
        return f"a file that wants {name[1]}"
    if isinstance(error, pickle.UnpicklingError):
        return "no file of torch.save, or a damaged one"
    return _first_line(error)


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors by name, on the CPU, and the metadata. Raises UnreadableFile."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()  # the file itself cannot be iterated over
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise UnreadableFile(_first_line(error)) from error


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a file of safetensors alone. Raises UnreadableFile."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return dict(file.metadata() or {})
    except (SafetensorError, OSError) as error:
        raise UnreadableFile(_first_line(error)) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
