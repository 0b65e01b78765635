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
from torch import Tensor

from ahc_stream.core.errors import InvalidValue, MissingExtra
from ahc_stream.tasks.networks.onnx_operators import OPERATORS, Node, Run


@dataclass(frozen=True)
class Step:
    """`values[output] = run(*inputs)`; `done` names what nobody reads afterwards."""

    run: Run
    inputs: tuple[str, ...]
    output: str
    done: tuple[str, ...]


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
            values[step.output] = step.run(*(values[name] for name in step.inputs))
            for name in step.done:
                del values[name]
        return values[self.output]


def read(path: Path, device: torch.device) -> TorchGraph:
    """The network of a .onnx file with its weights on `device`. Raises MissingExtra, and InvalidValue for a file that
    is none or that asks for what is not here."""
    try:
        import onnx
        from google.protobuf.message import DecodeError
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "ocr") from error
    try:
        model = onnx.load(path)
    except DecodeError as error:
        raise InvalidValue(f"an ONNX network in {path}", str(error), "fetch the file again") from error
    graph, to_array = model.graph, onnx.numpy_helper.to_array
    arrays = {tensor.name: to_array(tensor) for tensor in graph.initializer}
    arrays |= {node.output[0]: to_array(node.attribute[0].t) for node in graph.node if node.op_type == "Constant"}
    nodes = [node for node in graph.node if node.op_type != "Constant"]
    runs = [_run(path, Node(node.op_type, _attributes(node, onnx.helper), node.input, arrays)) for node in nodes]
    steps = _steps(nodes, runs, graph.output[0].name, set(arrays))
    (name,) = (value.name for value in graph.input if value.name not in arrays)
    constants = {name: _tensor(array, device) for name, array in arrays.items()}
    return TorchGraph(
        steps, constants, name, graph.output[0].name, {each.key: each.value for each in model.metadata_props}
    )


def _attributes(node: Any, helper: Any) -> dict[str, Any]:
    return {each.name: helper.get_attribute_value(each) for each in node.attribute}


def _run(path: Path, node: Node) -> Run:
    if node.kind not in OPERATORS:
        known = ", ".join(sorted(OPERATORS))
        raise InvalidValue(f"operators that run here in {path}", node.kind, f"known are {known}")
    return OPERATORS[node.kind](node)


def _steps(nodes: Sequence[Any], runs: Sequence[Run], output: str, constants: set[str]) -> tuple[Step, ...]:
    last = {name: number for number, node in enumerate(nodes) for name in node.input}
    kept = constants | {"", output}
    return tuple(
        Step(
            run,
            tuple(name for name in node.input if name),
            node.output[0],
            tuple(name for name in dict.fromkeys(node.input) if last[name] == number and name not in kept),
        )
        for number, (node, run) in enumerate(zip(nodes, runs, strict=True))
    )


def _tensor(array: np.ndarray, device: torch.device) -> Tensor:
    tensor = torch.from_numpy(np.array(array))
    return tensor.to(device) if tensor.is_floating_point() else tensor
