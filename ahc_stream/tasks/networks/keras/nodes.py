"""A Keras description as a flat list of layers: models inside models are put in their places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ahc_stream.core.errors import InvalidValue

_MODELS = ("Functional", "Model", "Sequential")


@dataclass(frozen=True)
class Node:
    """One layer. `name` is unique in the list: the names of the models around it and its own; `inputs` name nodes.

    kind:    Keras' class name.
    config:  Keras' configuration of the layer.
    """

    name: tuple[str, ...]
    kind: str
    config: Mapping[str, Any]
    inputs: tuple[tuple[str, ...], ...]


def flatten(model: Mapping[str, Any]) -> list[Node]:
    """The layers of {"class_name", "config"} in an order in which they can be computed; the last is the output.
    Raises InvalidValue for a model that is no chain or graph with one input and one output."""
    result = list(_nodes(model, (), None))
    places = {node.name for node in result}
    for node in result:
        if not places.issuperset(node.inputs):
            raise InvalidValue("layers that are fed by layers", f"{'/'.join(node.name)}, fed by none known", _TODO)
    return result


_TODO = "build the model of plain Keras layers with one input and one output"


def _nodes(model: Mapping[str, Any], around: tuple[str, ...], fed_by: tuple[str, ...] | None) -> Iterator[Node]:
    """The nodes of a model within others. Its input is `fed_by`; the last node is its output."""
    config = model["config"]
    layers = config if isinstance(config, list) else config["layers"]  # a Sequential of early Keras 2 is a list
    chain = model["class_name"] == "Sequential"
    stands_for: dict[str, tuple[str, ...]] = {}  # layer or model -> the node that gives its output
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
            nodes = [Node((*around, name), layer["class_name"], layer["config"], inputs)]
        yield from nodes
        stands_for[name] = previous = nodes[-1].name
    if not chain and stands_for[_only_output(config)] != previous:
        yield Node((*around, "output"), "Activation", {"activation": "linear"}, (stands_for[_only_output(config)],))


def _chained(previous: tuple[str, ...] | None) -> tuple[tuple[str, ...], ...]:
    return () if previous is None else (previous,)


def _feeders(layer: Mapping[str, Any]) -> list[str]:
    """The names of the layers that feed one. Keras 2 lists [name, node, tensor, kwargs], Keras 3 has a history."""
    calls = layer["inbound_nodes"]
    if len(calls) > 1:
        raise InvalidValue("each layer used once", f"{layer.get('name')}, used {len(calls)} times", _TODO)
    return [name for call in calls for name in _named(call["args"] if isinstance(call, Mapping) else call)]


def _named(thing: Any) -> Iterator[str]:
    if isinstance(thing, Mapping):
        if thing.get("class_name") == "__keras_tensor__":
            yield thing["config"]["keras_history"][0]
    elif isinstance(thing, list):
        if len(thing) >= 3 and isinstance(thing[0], str):
            yield thing[0]
        else:
            for part in thing:
                yield from _named(part)


def _only_output(config: Mapping[str, Any]) -> str:
    outputs = config["output_layers"]
    outputs = [outputs] if isinstance(outputs[0], str) else outputs
    if len(outputs) != 1:
        raise InvalidValue("a model with one output", f"{len(outputs)} outputs", _TODO)
    return outputs[0][0]


def by_layer(nodes: Sequence[Node], weights: Mapping[str, np.ndarray]) -> dict[tuple[str, ...], dict[str, np.ndarray]]:
    """Node name -> variable -> array. A weight "densenet/conv1/bn/gamma" belongs to the layer whose name ends its path
    and is the longest that does: to "conv1/bn", not to "bn". Raises InvalidValue for a weight of no layer."""
    found: dict[tuple[str, ...], dict[str, np.ndarray]] = {}
    owners = {(node.name[0], node.name[-1]): node.name for node in nodes}
    for path, array in weights.items():
        owner = next((owners[key] for key in _keys(path) if key in owners), None)
        owner = owner or next((node.name for end in _ends(path) for node in nodes if node.name[-1] == end), None)
        if owner is None:
            raise InvalidValue("weights of the layers that are described", path, _TODO)
        found.setdefault(owner, {})[path.rpartition("/")[2]] = array
    return found


def _keys(path: str) -> Iterator[tuple[str, str]]:
    """(top-level layer, layer) that a path may mean, the most specific first."""
    for end in _ends(path):
        for cut in range(1, path.count("/") + 1):
            yield "/".join(path.split("/")[:cut]), end


def _ends(path: str) -> Iterator[str]:
    """The ends of a path without its variable: a/b/c/kernel gives a/b/c, b/c, c."""
    parts = path.split("/")[:-1]
    yield from ("/".join(parts[start:]) for start in range(len(parts)))
