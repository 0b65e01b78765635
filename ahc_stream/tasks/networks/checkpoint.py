"""The state of a network in a file: safetensors, torch.save, or the arrays of I3D's JAX port."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor, nn

from ahc_stream.core.errors import InvalidValue
from ahc_stream.weights import unpickle
from ahc_stream.weights.unpickle import UnreadableFile, read_torch


def read_state(path: Path) -> Mapping[str, Tensor]:
    """The state dict in a file of safetensors or torch.save, bare or under "state_dict" or "model", as training scripts
    leave it; or in I3D's .ckpt of arrays. No code of the file is run. Raises InvalidValue."""
    if path.suffix == ".safetensors":
        return read_safetensors(path)[0]
    if path.suffix == ".ckpt" and not zipfile.is_zipfile(path):
        from ahc_stream.tasks.networks.i3d_checkpoint import read_arrays

        return read_arrays(path)
    return _read_torch(path)


def read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Its tensors and its metadata. Raises InvalidValue."""
    try:
        return unpickle.read_safetensors(path)
    except UnreadableFile as error:
        raise not_a_checkpoint(path, str(error)) from error


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a file of safetensors, whose tensors stay where they are. Raises InvalidValue."""
    try:
        return unpickle.read_metadata(path)
    except UnreadableFile as error:
        raise not_a_checkpoint(path, str(error)) from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        content = read_torch(path)
    except UnreadableFile as error:
        raise not_a_checkpoint(path, str(error)) from error
    for key in ("state_dict", "model"):
        content = content.get(key, content) if isinstance(content, dict) else content
    if not isinstance(content, dict) or not all(isinstance(value, Tensor) for value in content.values()):
        raise not_a_checkpoint(path, f"{type(content).__name__} that is no state dict")
    return {name.removeprefix("module."): value for name, value in content.items()}


def fill(network: nn.Module, state: Mapping[str, Tensor], path: Path) -> None:
    """Loads the state, whole. Raises InvalidValue, which names the first difference, where it is another network's."""
    own = network.state_dict()
    different = [f"no {name}" for name in own.keys() - state.keys()]
    different += [f"a strange {name}" for name in state.keys() - own.keys()]
    for name in own.keys() & state.keys():
        if state[name].shape != own[name].shape:
            different.append(f"{name} of {list(state[name].shape)} instead of {list(own[name].shape)}")
    if different:
        more = f" and {len(different) - 1} more differences" if len(different) > 1 else ""
        raise not_a_checkpoint(path, f"{min(different)}{more}")
    network.load_state_dict(dict(state))


def not_a_checkpoint(path: Path, got: str) -> InvalidValue:
    """The error for a file that holds something else."""
    todo = "name a state dict of the architecture (arch=...), or a file that a tool of ours wrote"
    return InvalidValue(f"weights of that network in {path}", got, todo)
