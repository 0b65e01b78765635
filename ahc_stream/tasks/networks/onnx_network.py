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

PROVIDER = "CPUExecutionProvider"


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
        import onnxruntime
        from onnxruntime.capi import onnxruntime_pybind11_state as errors
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "ocr") from error
    content = onnx_file.read(path)
    options = onnxruntime.SessionOptions()
    # As many threads as torch takes, asleep while they wait: lanes share the cores, and idle threads spin by default.
    options.intra_op_num_threads = torch.get_num_threads()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3  # errors: it warns of each constant that it folds
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=[PROVIDER])
    except (errors.InvalidProtobuf, errors.Fail, errors.InvalidGraph, errors.NotImplemented) as error:
        raise onnx_file.unusable(path, str(error)) from error
    return RuntimeNetwork(session, content.input, content.metadata)
