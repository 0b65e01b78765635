"""The operators of ONNX that PP-OCR's networks are made of, in torch.

Definitions: the operator documents of ONNX, opsets 11 to 13. What an operator reads of its constants (axes, bounds,
scales) is taken once, on the host. An attribute that is not here is an error when the network is read, never a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.core.errors import InvalidValue

Run = Callable[..., Tensor]


@dataclass(frozen=True, eq=False)
class Node:
    """One operator: attributes by name, names of its inputs (empty: left out), and the network's constants."""

    kind: str
    attributes: Mapping[str, Any]
    inputs: Sequence[str]
    constants: Mapping[str, np.ndarray]

    def pair(self, name: str, default: int) -> list[int]:
        return list(self.attributes.get(name, [default, default]))

    def constant(self, place: int) -> np.ndarray | None:
        """The value of an input that must be a constant; None where it is left out. Raises InvalidValue."""
        name = self.inputs[place] if place < len(self.inputs) else ""
        if name and name not in self.constants:
            raise _unknown(self, f"an input {place} that is computed")
        return self.constants[name] if name else None


def _convolution(node: Node) -> Run:
    strides, dilations, group = node.pair("strides", 1), node.pair("dilations", 1), node.attributes.get("group", 1)
    ends, pad = _symmetric(node), _padding(node, 0.0)

    def run(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        if ends is None:
            return F.conv2d(pad(x), weight, bias, strides, 0, dilations, group)
        return F.conv2d(x, weight, bias, strides, ends, dilations, group)

    return run


def _transposed(node: Node) -> Run:
    strides, group = node.pair("strides", 1), node.attributes.get("group", 1)
    if any(node.attributes.get("pads", ())) or "output_padding" in node.attributes or "auto_pad" in node.attributes:
        raise _unknown(node, "padding of a transposed convolution")

    def run(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return F.conv_transpose2d(x, weight, bias, strides, groups=group)

    return run


def _symmetric(node: Node) -> list[int] | None:
    """The padding of both ends of each axis where they are equal and known, else None."""
    if node.attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        return None
    pads = list(node.attributes.get("pads", [0, 0, 0, 0]))
    return pads[:2] if pads[:2] == pads[2:] else None


def _padding(node: Node, value: float) -> Callable[[Tensor], Tensor]:
    """Pads an input as `pads` or `auto_pad` say, the last axis first as F.pad takes it."""
    kernel, strides = node.attributes["kernel_shape"], node.pair("strides", 1)
    if node.attributes.get("auto_pad", b"NOTSET") == b"SAME_UPPER":

        def same(x: Tensor) -> Tensor:
            short = [max((-(-n // s) - 1) * s + k - n, 0) for n, k, s in zip(x.shape[2:], kernel, strides, strict=True)]
            margins = [each for total in reversed(short) for each in (total // 2, total - total // 2)]
            return F.pad(x, margins, value=value)

        return same
    if node.attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise _unknown(node, f"auto_pad {node.attributes['auto_pad']!r}")
    top, left, bottom, right = node.attributes.get("pads", [0, 0, 0, 0])
    return lambda x: F.pad(x, [left, right, top, bottom], value=value)


def _max_pool(node: Node) -> Run:
    pad, kernel, strides = _padding(node, float("-inf")), node.attributes["kernel_shape"], node.pair("strides", 1)
    return lambda x: F.max_pool2d(pad(x), kernel, strides)


def _average_pool(node: Node) -> Run:
    if any(node.attributes.get("pads", ())) or node.attributes.get("ceil_mode"):
        raise _unknown(node, "padding of an average")
    return lambda x: F.avg_pool2d(x, node.attributes["kernel_shape"], node.pair("strides", 1))


def _resize(node: Node) -> Run:
    wanted = {"mode": b"nearest", "coordinate_transformation_mode": b"asymmetric", "nearest_mode": b"floor"}
    scales = node.constant(2)
    if any(node.attributes.get(name) != value for name, value in wanted.items()) or scales is None:
        raise _unknown(node, f"a resize other than {wanted} by constant scales")
    factor = [float(scale) for scale in scales[2:]]
    return lambda x, *_: F.interpolate(x, scale_factor=factor, mode="nearest")


def _clip(node: Node) -> Run:
    low, high = (None if bound is None else float(bound) for bound in (node.constant(1), node.constant(2)))
    return lambda x, *_: x.clamp(low, high)


def _hard_sigmoid(node: Node) -> Run:
    alpha, beta = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
    return lambda x: (x * alpha).add_(beta).clamp_(0.0, 1.0)


def _batch_norm(node: Node) -> Run:
    epsilon = node.attributes.get("epsilon", 1e-5)
    return lambda x, scale, shift, mean, variance: F.batch_norm(x, mean, variance, scale, shift, eps=epsilon)


def _mean(node: Node) -> Run:
    axes, keep = list(node.attributes["axes"]), bool(node.attributes.get("keepdims", 1))
    return lambda x: x.mean(axes, keep)


def _reshape(_: Node) -> Run:
    """A 0 keeps the size of that axis, -1 takes what is left."""
    return lambda x, shape: x.reshape(
        [x.shape[axis] if size == 0 else size for axis, size in enumerate(shape.tolist())]
    )


def _slice(node: Node) -> Run:
    strides = node.constant(4)
    if strides is not None and (strides != 1).any():
        raise _unknown(node, f"a slice in steps of {strides.tolist()}")

    def run(x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor, _: Tensor | None = None) -> Tensor:
        for start, end, axis in zip(starts.tolist(), ends.tolist(), axes.tolist(), strict=True):
            x = x[(slice(None),) * (axis % x.ndim) + (slice(start, end),)]
        return x

    return run


def _squeeze(node: Node) -> Run:
    axes = tuple(node.attributes["axes"])
    return lambda x: x.squeeze(axes)


def _unsqueeze(node: Node) -> Run:
    (axis,) = node.attributes["axes"]
    return lambda x: x.unsqueeze(axis)


def _softmax(node: Node) -> Run:
    """Until opset 12 the axes from `axis` on are one; so only the last axis means the same in all."""
    axis = node.attributes.get("axis", -1)

    def run(x: Tensor) -> Tensor:
        assert axis in (-1, x.ndim - 1), "a softmax over the last axis"
        return x.softmax(-1)

    return run


def _cast(node: Node) -> Run:
    kinds = {1: torch.float32, 6: torch.int32, 7: torch.int64}
    if node.attributes["to"] not in kinds:
        raise _unknown(node, f"a cast to type {node.attributes['to']}")
    return lambda x: x.to(kinds[node.attributes["to"]])


def _divide(x: Tensor, y: Tensor) -> Tensor:
    return x / y if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


def _unknown(node: Node, what: str) -> InvalidValue:
    return InvalidValue(f"a network of operators that run here ({node.kind})", what, "take one of the named models")


OPERATORS: Mapping[str, Callable[[Node], Run]] = {
    "Add": lambda _: torch.add,
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": lambda node: lambda *parts: torch.cat(parts, node.attributes["axis"]),
    "Conv": _convolution,
    "ConvTranspose": _transposed,
    "Div": lambda _: _divide,
    "Erf": lambda _: torch.erf,
    "GlobalAveragePool": lambda _: lambda x: x.mean((2, 3), keepdim=True),
    "HardSigmoid": _hard_sigmoid,
    "Identity": lambda _: lambda x: x,
    "MatMul": lambda _: torch.matmul,
    "MaxPool": _max_pool,
    "Mul": lambda _: torch.mul,
    "Pow": lambda _: torch.pow,
    "ReduceMean": _mean,
    "Relu": lambda _: torch.relu,
    "Reshape": _reshape,
    "Resize": _resize,
    "Shape": lambda _: lambda x: torch.tensor(x.shape),
    "Sigmoid": lambda _: torch.sigmoid,
    "Slice": _slice,
    "Softmax": _softmax,
    "Sqrt": lambda _: torch.sqrt,
    "Squeeze": _squeeze,
    "Sub": lambda _: torch.sub,
    "Transpose": lambda node: lambda x: x.permute(node.attributes["perm"]),
    "Unsqueeze": _unsqueeze,
}
"""ONNX's name of an operator -> what makes its function from a node."""
