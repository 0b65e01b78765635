"""I3D's weights as files hold them: the JAX port's pickle of arrays, or the state of the common PyTorch ports."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ahc_stream.core.errors import InvalidValue

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
        with path.open("rb") as file:
            variables = _ArraysOnly(file).load()
        return dict(_state(variables["params"], variables["batch_stats"]))
    # What a damaged or foreign pickle raises is whatever its opcodes run into.
    except (pickle.UnpicklingError, EOFError, LookupError, TypeError, ValueError, AttributeError) as error:
        todo = "name the checkpoint of the JAX port, or bring it with: ahc-stream data download i3d-kinetics400"
        raise InvalidValue(f"a checkpoint of I3D in {path}", f"{type(error).__name__}: {error}", todo) from error


class _ArraysOnly(pickle.Unpickler):
    """Refuses every global but the three that an array is made of."""

    def find_class(self, module: str, name: str) -> Any:
        from numpy.core.multiarray import _reconstruct  # type: ignore[attr-defined]  # what numpy pickles name

        module = module.replace("numpy._core", "numpy.core")  # the same place, by its newer name
        known = {
            ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
            ("numpy", "ndarray"): np.ndarray,
            ("numpy", "dtype"): np.dtype,
        }
        if (module, name) not in known:
            raise pickle.UnpicklingError(f"a file that wants {module}.{name}")
        return known[module, name]


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
    bias, moments = torch.tensor(values["BatchNorm_0"]["bias"]), statistics["BatchNorm_0"]
    yield f"{name}.conv3d.weight", _kernel(values)
    yield f"{name}.bn.weight", torch.ones_like(bias)
    yield f"{name}.bn.bias", bias
    yield f"{name}.bn.running_mean", torch.tensor(moments["mean"]).reshape(-1)
    yield f"{name}.bn.running_var", torch.tensor(moments["var"]).reshape(-1)
    yield f"{name}.bn.num_batches_tracked", torch.tensor(0)


def _kernel(values: Mapping[str, Any]) -> Tensor:
    return torch.tensor(values["Conv_0"]["kernel"]).permute(4, 3, 0, 1, 2).contiguous()
