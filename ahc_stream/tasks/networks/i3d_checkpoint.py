"""I3D's weights as the JAX port holds them: a pickle of arrays."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ahc_stream.core.errors import InvalidValue
from ahc_stream.weights import unpickle

_BRANCHES = {
    "Branch_0/Conv3d_0a_1x1": "b0",
    "Branch_1/Conv3d_0a_1x1": "b1a",
    "Branch_1/Conv3d_0b_3x3": "b1b",
    "Branch_2/Conv3d_0a_1x1": "b2a",
    "Branch_2/Conv3d_0b_3x3": "b2b",
    "Branch_3/Conv3d_0b_1x1": "b3b",
}


def read_arrays(path: Path) -> dict[str, Tensor]:
    """The state of `i3d.InceptionI3d` from the JAX port's checkpoint: {"params": ..., "batch_stats": ...}, nested by
    layer, kernels as [time, height, width, in, out]. Raises InvalidValue for any other file; runs no code of it."""
    try:
        variables: Any = unpickle.read_arrays(path)
        return dict(_state(variables["params"], variables["batch_stats"]))
    except unpickle.UnreadableFile as error:
        raise _no_checkpoint(path, str(error)) from error
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:  # arrays of something else
        raise _no_checkpoint(path, f"{type(error).__name__}: {error}") from error


def _no_checkpoint(path: Path, got: str) -> InvalidValue:
    todo = "name the checkpoint of the JAX port, or bring it with: ahc-stream data download i3d-kinetics400"
    return InvalidValue(f"a checkpoint of I3D in {path}", got, todo)


def _state(params: Mapping[str, Any], statistics: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    for layer, values in params.items():
        if layer.startswith("Logits"):
            yield "logits.conv3d.weight", _kernel(values)
            yield "logits.conv3d.bias", torch.tensor(values["Conv_0"]["bias"])
        elif layer.startswith("Mixed"):
            for branch, inner in values.items():
                yield from _unit(f"{layer}.{_BRANCHES[branch]}", inner, statistics[layer][branch])
        else:
            yield from _unit(layer, values, statistics[layer])


def _unit(name: str, values: Mapping[str, Any], statistics: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """A convolution and its batch norm, which has no scale in the original: 1 here."""
    bias = torch.tensor(values["BatchNorm_0"]["bias"])
    moments = statistics["BatchNorm_0"]
    yield f"{name}.conv3d.weight", _kernel(values)
    yield f"{name}.bn.weight", torch.ones_like(bias)
    yield f"{name}.bn.bias", bias
    yield f"{name}.bn.running_mean", torch.tensor(moments["mean"]).reshape(-1)
    yield f"{name}.bn.running_var", torch.tensor(moments["var"]).reshape(-1)
    yield f"{name}.bn.num_batches_tracked", torch.tensor(0)


def _kernel(values: Mapping[str, Any]) -> Tensor:
    return torch.tensor(values["Conv_0"]["kernel"]).permute(4, 3, 0, 1, 2).contiguous()
