"""A Keras description as a flat list of layers: models inside models are put in their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.errors import InvalidValue

NodeName = tuple[str, ...]
"""The names of the models around a layer, the outermost first, and its own."""

Variables = dict[str, NDArray[np.float32]]

_MODELS = ("Functional", "Model", "Sequential")
_TODO = "build the model of plain Keras layers with one input and one output"


@dataclass(frozen=True)
class LayerNode:
    """One layer of a model. Its name is unique there; `inputs` name nodes.

    kind:    Keras' class name.
    config:  Keras' configuration of the layer.
    """

    name: NodeName
    kind: str
    config: Mapping[str, Any]
    inputs: tuple[NodeName, ...]


def flatten(model: Mapping[str, Any]) -> list[LayerNode]:
    """The layers of {"class_name", "config"} in an order in which they can be computed; the last is the output.
    Raises InvalidValue for a model that is no chain or graph with one input and one output."""
    nodes = list(_nodes(model, (), None))
    names = {node.name for node in nodes}
    for node in nodes:
        if not names.issuperset(node.inputs):
            raise InvalidValue("layers that are fed by layers", f"{'/'.join(node.name)}, fed by none known", _TODO)
    return nodes


def _nodes(model: Mapping[str, Any], around: NodeName, fed_by: NodeName | None) -> Iterator[LayerNode]:
    """The nodes of a model within others. Its input is `fed_by`; the last node is its output."""
    config = model["config"]
    layers = config if isinstance(config, list) else config["layers"]  # a Sequential of early Keras 2 is a list
    chain = model["class_name"] == "Sequential"
    stands_for: dict[str, NodeName] = {}  # layer or model -> the node that gives its output
    previous = fed_by
    for layer in layers:
        name = layer.get("name") or layer["config"]["name"]
        inputs = _chained(previous) if chain else tuple(stands_for[feeder] for feeder in _feeders(layer))
        if layer["class_name"] == "InputLayer" and fed_by is not None:
            stands_for[name] = fed_by
            continue
        if layer["class_name"] in _MODELS:
            nodes = list(_nodes(layer, (*around, name), inputs[0] if inputs else None))
        else:
            nodes = [LayerNode((*around, name), layer["class_name"], layer["config"], inputs)]
        yield from nodes
        stands_for[name] = previous = nodes[-1].name
    if chain:
        return
    output = stands_for[_only_output(config)]
    if output != previous:
        yield LayerNode((*around, "output"), "Activation", {"activation": "linear"}, (output,))


def _chained(previous: NodeName | None) -> tuple[NodeName, ...]:
    return () if previous is None else (previous,)


def _feeders(layer: Mapping[str, Any]) -> list[str]:
    """The names of the layers that feed one. Keras 2 lists [name, node, tensor, kwargs], Keras 3 has a history."""
    calls = layer["inbound_nodes"]
    if not calls:
        return []
    if len(calls) > 1:
        raise InvalidValue("each layer used once", f"{layer.get('name')}, used {len(calls)} times", _TODO)
    (call,) = calls
    return list(_named(call["args"] if isinstance(call, Mapping) else call))


def _named(arguments: Any) -> Iterator[str]:
    """The layers whose outputs are among the arguments of a call, which may be nested lists."""
    if isinstance(arguments, Mapping):
        if arguments.get("class_name") == "__keras_tensor__":
            yield arguments["config"]["keras_history"][0]
    elif isinstance(arguments, list):
        if len(arguments) >= 3 and isinstance(arguments[0], str):
            yield arguments[0]
        else:
            for argument in arguments:
                yield from _named(argument)


def _only_output(config: Mapping[str, Any]) -> str:
    outputs = config["output_layers"]
    outputs = [outputs] if isinstance(outputs[0], str) else outputs
    if len(outputs) != 1:
        raise InvalidValue("a model with one output", f"{len(outputs)} outputs", _TODO)
    return str(outputs[0][0])


def by_layer(nodes: Sequence[LayerNode], weights: Mapping[str, NDArray[np.float32]]) -> dict[NodeName, Variables]:
    """Node name -> variable -> array. A weight "densenet/conv1/bn/gamma" belongs to the layer whose name ends its path
    and is the longest that does: to "conv1/bn", not to "bn". Raises InvalidValue for a weight of no layer."""
    variables: dict[NodeName, Variables] = {}
    owners = {(node.name[0], node.name[-1]): node.name for node in nodes}
    first_of_name: dict[str, NodeName] = {}
    for node in nodes:
        first_of_name.setdefault(node.name[-1], node.name)
    for path, array in weights.items():
        owner = next((owners[key] for key in _keys(path) if key in owners), None)
        owner = owner or next((first_of_name[end] for end in _ends(path) if end in first_of_name), None)
        if owner is None:
            raise InvalidValue("weights of the layers that are described", path, _TODO)
        variables.setdefault(owner, {})[path.rpartition("/")[2]] = array
    return variables


def _keys(path: str) -> Iterator[tuple[str, str]]:
    """(top-level layer, layer) that a path may mean, the most specific first."""
    for end in _ends(path):
        for cut in range(1, path.count("/") + 1):
            yield "/".join(path.split("/")[:cut]), end


def _ends(path: str) -> Iterator[str]:
    """The ends of a path without its variable: a/b/c/kernel gives a/b/c, b/c, c."""
    parts = path.split("/")[:-1]
    yield from ("/".join(parts[start:]) for start in range(len(parts)))
