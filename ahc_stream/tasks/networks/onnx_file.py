"""ONNX files: one network of one input and one output, checked, with all of its numbers inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.errors import InvalidValue, MissingExtra

STANDARD_DOMAINS = ("", "ai.onnx")


@dataclass(frozen=True, eq=False)
class OnnxFile:
    """What a file holds.

    nodes:      the operators in an order in which they can be computed, as the package onnx has them (NodeProto).
    constants:  arrays by name: weights, and what nodes of the kind Constant give.
    opset:      version of the standard operators.
    metadata:   what the network's author wrote into the file.
    """

    nodes: tuple[Any, ...]
    constants: Mapping[str, NDArray[Any]]
    input: str
    output: str
    opset: int
    metadata: Mapping[str, str]


def read(path: Path) -> OnnxFile:
    """The network of a .onnx file. Raises MissingExtra, and InvalidValue for a file that is no network, that is not
    valid, whose numbers lie in other files, or that has several inputs or outputs."""
    try:
        import onnx
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "ocr") from error
    model = _checked(path, onnx)
    graph = model.graph
    try:
        constants = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                constants[node.output[0]] = _constant(path, node, onnx)
    except ValueError as error:  # an array that claims more numbers than it has
        raise unusable(path, str(error)) from error
    inputs = [value for value in graph.input if value.name not in constants]
    if len(inputs) != 1 or len(graph.output) != 1:
        raise unusable(path, f"{len(inputs)} inputs and {len(graph.output)} outputs", "one input and one output")
    kind = inputs[0].type.tensor_type.elem_type
    if kind != onnx.TensorProto.FLOAT:
        raise unusable(path, f"an input of type {onnx.TensorProto.DataType.Name(kind)}", "an input in float32")
    return OnnxFile(
        nodes=tuple(node for node in graph.node if node.op_type != "Constant"),
        constants=constants,
        input=inputs[0].name,
        output=graph.output[0].name,
        opset=max((entry.version for entry in model.opset_import if entry.domain in STANDARD_DOMAINS), default=0),
        metadata={entry.key: entry.value for entry in model.metadata_props},
    )


def _checked(path: Path, onnx: Any) -> Any:
    """The ModelProto, which is what the standard says of such a file."""
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load(path, load_external_data=False)
    except DecodeError as error:
        raise unusable(path, str(error)) from error
    outside = next((tensor.name for tensor in _tensors(model.graph) if tensor.external_data), None)
    if outside is not None:
        todo = "save it with its numbers inside: onnx.save(model, path, save_as_external_data=False)"
        raise unusable(path, f"{outside} in another file", "all of its numbers inside", todo)
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.SetInParent()  # the checker insists on shapes, which may be unknown
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise unusable(path, str(error).strip().partition("\n")[0]) from error
    return model


def _tensors(graph: Any) -> Iterator[Any]:
    """Every array of a graph, of its nodes' attributes, and of the graphs that these hold."""
    yield from graph.initializer
    for sparse in graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for inner in (attribute.g, *attribute.graphs):
                if inner.node:
                    yield from _tensors(inner)


def _constant(path: Path, node: Any, onnx: Any) -> NDArray[Any]:
    """The array that a node of the kind Constant gives. Exactly one of its attributes says it."""
    (attribute,) = node.attribute
    value = onnx.helper.get_attribute_value(attribute)
    if attribute.name == "value":
        array: NDArray[Any] = onnx.numpy_helper.to_array(value)
        return array
    if attribute.name in ("value_float", "value_floats"):
        return np.array(value, np.float32)
    if attribute.name in ("value_int", "value_ints"):
        return np.array(value, np.int64)
    raise unusable(path, f"a Constant with {attribute.name}", "constants of plain numbers")


def unusable(path: Path, got: str, expected: str = "", todo: str = "take one of the named models") -> InvalidValue:
    """The error for a file that does not hold such a network; `expected` of it."""
    with_what = f" with {expected}" if expected else ""
    return InvalidValue(f"an ONNX network{with_what} in {path}", got, todo)
