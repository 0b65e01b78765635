"""A Keras model as one torch module."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.foreign_text import shown
from ahc_stream.tasks.networks.keras import layers
from ahc_stream.tasks.networks.keras.layer import Arrays, Layer
from ahc_stream.tasks.networks.keras.nodes import LayerNode, NodeName


class Graph(nn.Module):
    """The layers of `nodes`, which stand in an order in which they can be computed; the last one's output is the
    model's. Input float32 [N, 3, H, W], output [N, classes].

    is_probability:  whether the output went through a softmax.
    size:            (height, width) that the model was built for; None: any.
    """

    def __init__(self, nodes: Sequence[LayerNode], weights: Mapping[NodeName, Arrays], version: str) -> None:
        """version: of the Keras that wrote the model."""
        super().__init__()
        numbers = {node.name: number for number, node in enumerate(nodes)}
        self.steps = nn.ModuleList(_module(node, weights.get(node.name, {}), version) for node in nodes)
        self.inputs = [[numbers[name] for name in node.inputs] for node in nodes]
        last_use = {source: step for step, sources in enumerate(self.inputs) for source in sources}
        self.done_after: list[list[int]] = [[] for _ in nodes]
        for source, step in last_use.items():
            self.done_after[step].append(source)
        self.is_probability = _is_softmax(nodes[-1])
        self.size = _size(nodes[0].config)

    def forward(self, x: Tensor) -> Tensor:
        values: dict[int, Tensor] = {}
        for index, (step, inputs) in enumerate(zip(self.steps, self.inputs, strict=True)):
            arguments = [values[source] for source in inputs] or [x]
            values[index] = step(*arguments)
            for source in self.done_after[index]:
                del values[source]  # a DenseNet's activations all at once are gigabytes
        return values[len(self.steps) - 1]


def _module(node: LayerNode, arrays: Arrays, version: str) -> nn.Module:
    try:
        return layers.make(Layer(node.kind, node.config, arrays, version))
    except KeyError as error:
        name = "/".join(node.name)
        raise InvalidValue(f"{error.args[0]!r} of the layer {name}", "none", "save the whole model again") from error


def _is_softmax(node: LayerNode) -> bool:
    """Whether the last layer gives probabilities. Raises InvalidValue where it gives neither these nor logits."""
    activation = "softmax" if node.kind == "Softmax" else node.config.get("activation") or "linear"
    if activation not in ("softmax", "linear"):
        todo = "take a classifier of exclusive classes, whose last layer is a softmax or has no activation"
        raise InvalidValue("softmax or no activation at the end", shown(activation), todo)
    return bool(activation == "softmax")


def _size(config: Mapping[str, Any]) -> tuple[int, int] | None:
    shape = config.get("batch_shape") or config.get("batch_input_shape")
    return (shape[1], shape[2]) if shape and shape[1] and shape[2] else None
