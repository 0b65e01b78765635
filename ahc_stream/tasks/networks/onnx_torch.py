"""An ONNX graph in torch, on any device and on the lane's own stream.

Integers that a graph computes from shapes stay on the host, so that no step waits for a GPU. A graph is run step by
step as it is written; what it asks for that `onnx_operators` does not have is an error when the file is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks import onnx_file
from ahc_stream.tasks.networks.onnx_file import OnnxFile
from ahc_stream.tasks.networks.onnx_node import OnnxNode
from ahc_stream.tasks.networks.onnx_operators import Operation, operation


@dataclass(frozen=True)
class Step:
    """`values[output] = operation(*inputs)`. An input of empty name is left out; nobody reads `unused` afterwards."""

    operation: Operation
    inputs: tuple[str, ...]
    output: str
    unused: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TorchGraph:
    """A network of one input and one output. `metadata` is what its author wrote into the file."""

    steps: tuple[Step, ...]
    constants: Mapping[str, Tensor]
    input: str
    output: str
    metadata: Mapping[str, str]

    def __call__(self, batch: Tensor) -> Tensor:
        """float32 [N, 3, H, W] on the graph's device -> the network's output there."""
        values = dict(self.constants)
        values[self.input] = batch
        for step in self.steps:
            arguments = [values[name] if name else None for name in step.inputs]
            values[step.output] = step.operation(*arguments)
            for name in step.unused:
                del values[name]
        return values[self.output]


def read(path: Path, device: torch.device) -> TorchGraph:
    """The network of a .onnx file with its weights on `device`. Raises MissingExtra, and InvalidValue for a file that
    is none or that asks for what is not here."""
    content = onnx_file.read(path)
    try:
        operations = [_operation(node, content) for node in content.nodes]
    except InvalidValue as error:
        raise InvalidValue(error.expected, f"{error.got} in {path}", error.todo) from error
    constants = {name: _tensor(array, device) for name, array in content.constants.items()}
    return TorchGraph(_steps(content, operations), constants, content.input, content.output, content.metadata)


def _operation(node: Any, content: OnnxFile) -> Operation:
    from onnx.helper import get_attribute_value

    attributes = {attribute.name: _text(get_attribute_value(attribute)) for attribute in node.attribute}
    described = OnnxNode(node.op_type, attributes, node.input, content.constants, content.opset)
    if node.domain not in onnx_file.STANDARD_DOMAINS:
        raise described.refused(f"an operator of {node.domain}")
    if len([name for name in node.output if name]) != 1:
        raise described.refused(f"{len(node.output)} outputs")
    return operation(described)


def _text(value: Any) -> Any:
    """Texts among the attributes are bytes."""
    return value.decode() if isinstance(value, bytes) else value


def _steps(content: OnnxFile, operations: Sequence[Operation]) -> tuple[Step, ...]:
    last_use = {name: number for number, node in enumerate(content.nodes) for name in node.input}
    kept = content.constants.keys() | {"", content.output}
    steps = []
    for number, (node, run) in enumerate(zip(content.nodes, operations, strict=True)):
        unused = [name for name in dict.fromkeys(node.input) if last_use[name] == number and name not in kept]
        steps.append(Step(run, tuple(node.input), node.output[0], tuple(unused)))
    return tuple(steps)


def _tensor(array: NDArray[Any], device: torch.device) -> Tensor:
    tensor = torch.from_numpy(np.array(array))
    return tensor.to(device) if tensor.is_floating_point() else tensor
