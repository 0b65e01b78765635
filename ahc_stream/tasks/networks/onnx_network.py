"""ONNX networks where the frames are: onnxruntime on the CPU, the same graph in torch on every other device.

onnxruntime is twice as fast as torch on a CPU. On a GPU it would be another package, with streams and memory of
its own; there the graph runs in torch, on the lane's stream. Tests hold the two equal. Neither is a fallback for the
other: what is not installed is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from ahc_stream.core.errors import MissingExtra
from ahc_stream.tasks.networks import onnx_file, onnx_torch
from ahc_stream.tasks.networks.backends.onnx_runtime import open_session


class Network(Protocol):
    """One input, one output, both float32 on the device it was loaded for."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the network's author wrote into the file."""
        ...

    def __call__(self, batch: Tensor) -> Tensor: ...


@dataclass(frozen=True, eq=False)
class RuntimeNetwork:
    """A network in onnxruntime. Batches are handed over without a copy."""

    session: Any
    input: str
    metadata: Mapping[str, str]

    def __call__(self, batch: Tensor) -> Tensor:
        """float32 [N, 3, H, W] on the CPU -> the network's output."""
        (output,) = self.session.run(None, {self.input: batch.contiguous().numpy()})
        return torch.from_numpy(output)


def load(path: Path, device: torch.device) -> Network:
    """The network of a .onnx file. Raises MissingExtra, and InvalidValue for a file that is none, or that holds what is
    not known here."""
    return _in_runtime(path) if device.type == "cpu" else onnx_torch.read(path, device)


def _in_runtime(path: Path) -> RuntimeNetwork:
    try:
        from onnxruntime.capi import onnxruntime_pybind11_state as errors
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "ocr") from error
    content = onnx_file.read(path)
    try:
        session = open_session(path, "ocr")
    except (errors.InvalidProtobuf, errors.Fail, errors.InvalidGraph, errors.NotImplemented) as error:
        raise onnx_file.unusable(path, str(error)) from error
    return RuntimeNetwork(session, content.input, content.metadata)
