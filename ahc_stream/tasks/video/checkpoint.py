"""The state of a video classifier in a file: safetensors, torch.save, or the arrays of I3D's JAX port."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn

from ahc_stream.core.errors import InvalidValue, MissingData


def read_state(path: Path) -> Mapping[str, Tensor]:
    """The state dict in a file of safetensors or torch.save, bare or under "state_dict" or "model", as training scripts
    leave it; or in I3D's .ckpt of arrays. No code of the file is run. Raises MissingData and InvalidValue."""
    if check_file(path).suffix == ".safetensors":
        return read_safetensors(path)[0]
    if path.suffix == ".ckpt" and not zipfile.is_zipfile(path):
        from ahc_stream.tasks.networks.i3d_checkpoint import read_arrays

        return read_arrays(path)
    return _torch(path)


def check_file(path: Path) -> Path:
    """The path. Raises MissingData where no file is."""
    if not path.is_file():
        raise MissingData(
            "the weights of a video classifier", f"no file {path}", "name a file that is there, or a model"
        )
    return path


def fill(network: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Loads the state, whole. Raises InvalidValue, which names the first difference, where it is another network's."""
    wanted, given = network.state_dict(), dict(state)
    different = [
        *(f"no {name}" for name in wanted.keys() - given.keys()),
        *(f"a strange {name}" for name in given.keys() - wanted.keys()),
        *(
            f"{name} of {list(given[name].shape)} instead of {list(tensor.shape)}"
            for name, tensor in wanted.items()
            if name in given and given[name].shape != tensor.shape
        ),
    ]
    if different:
        more = f" and {len(different) - 1} more differences" if len(different) > 1 else ""
        raise not_a_checkpoint(path, f"{min(different)}{more}")
    network.load_state_dict(given)


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Its tensors and its metadata. Raises InvalidValue."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()  # the file itself cannot be iterated over
            return {name: file.get_tensor(name) for name in names}, dict(file.metadata() or {})
    except SafetensorError as error:
        raise not_a_checkpoint(path, str(error)) from error


def _torch(path: Path) -> dict[str, Tensor]:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    # What a damaged or foreign file raises is whatever the reader runs into.
    except (
        pickle.UnpicklingError,
        EOFError,
        RuntimeError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
    ) as error:
        raise not_a_checkpoint(path, (str(error).splitlines() or [type(error).__name__])[0]) from error
    for key in ("state_dict", "model"):
        content = content.get(key, content) if isinstance(content, dict) else content
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise not_a_checkpoint(path, f"{type(content).__name__} that is no state dict")
    return {name.removeprefix("module."): value for name, value in content.items()}


def not_a_checkpoint(path: Path, got: str) -> InvalidValue:
    """The error for a file that holds something else."""
    todo = "name a state dict of the architecture (arch=...), or a head that tools/train_ucf101_head.py wrote"
    return InvalidValue(f"weights of that video classifier in {path}", got, todo)
