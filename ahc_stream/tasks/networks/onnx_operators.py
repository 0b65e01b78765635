"""The operators of ONNX that PP-OCR's networks are made of, in torch.

Definitions: the operator documents of ONNX. What an operator reads of its constants (axes, bounds, scales) is taken
once, on the host. A function gets the node's inputs in their order, None for one that is left out. An attribute that is
not here is an error when the network is read, never a guess: see `onnx_node`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.tasks.networks.onnx_node import OnnxNode
from ahc_stream.tasks.networks.onnx_padding import Padding, reach_of

Operation = Callable[..., Tensor]

CAST_TYPES = {1: torch.float32, 6: torch.int32, 7: torch.int64}
"""ONNX's number of a type -> torch's type."""


def operation(node: OnnxNode) -> Operation:
    """What the operator computes. Raises InvalidValue for an operator, an attribute or an input that is not known."""
    if node.kind not in OPERATORS:
        raise node.refused(f"{node.kind}; known are {', '.join(sorted(OPERATORS))}")
    made = OPERATORS[node.kind](node)
    if node.unread:
        raise node.refused(f"the attributes {', '.join(node.unread)}")
    return made


def _convolution(node: OnnxNode) -> Operation:
    strides, dilations, groups = node.pair("strides", 1), node.pair("dilations", 1), node.attribute("group", 1)
    padding = Padding.of(node, dilations)
    node.without_effect("kernel_shape")  # the weight has it

    def convolve(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        ends = padding.both_ends
        if ends is None:
            x = padding.pad(x, reach_of(weight.shape[2:], dilations), strides, 0.0)
        return F.conv2d(x, weight, bias, strides, ends or 0, dilations, groups)

    return convolve


def _transposed_convolution(node: OnnxNode) -> Operation:
    strides, groups = node.pair("strides", 1), node.attribute("group", 1)
    node.expect("auto_pad", "NOTSET", "VALID")
    node.expect("pads", [0, 0, 0, 0])
    node.expect("output_padding", [0, 0])
    node.expect("dilations", [1, 1])
    node.without_effect("kernel_shape")

    def convolve(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        return F.conv_transpose2d(x, weight, bias, strides, groups=groups)

    return convolve


def _max_pool(node: OnnxNode) -> Operation:
    kernel, strides, dilations = node.pair("kernel_shape", 0), node.pair("strides", 1), node.pair("dilations", 1)
    padding = Padding.of(node, dilations)
    node.expect("ceil_mode", 0)
    node.without_effect("storage_order")  # of the indices, a second output

    def pool(x: Tensor) -> Tensor:
        padded = padding.pad(x, reach_of(kernel, dilations), strides, float("-inf"))
        return F.max_pool2d(padded, kernel, strides, 0, dilations)

    return pool


def _average_pool(node: OnnxNode) -> Operation:
    kernel, strides = node.pair("kernel_shape", 0), node.pair("strides", 1)
    node.expect("auto_pad", "NOTSET", "VALID")
    node.expect("pads", [0, 0, 0, 0])
    node.expect("ceil_mode", 0)
    node.expect("dilations", [1, 1])
    node.without_effect("count_include_pad")  # nothing is padded
    return lambda x: F.avg_pool2d(x, kernel, strides)


def _global_average_pool(node: OnnxNode) -> Operation:
    return lambda x: x.mean((2, 3), keepdim=True)


def _resize(node: OnnxNode) -> Operation:
    """Each pixel repeated: the nearest one before it, by constant scales."""
    scales, sizes = node.constant(2), node.constant(3)
    if scales is None or len(scales) != 4 or (scales[:2] != 1).any() or sizes is not None:
        raise node.refused("other sizes than by constant scales of rows and columns")
    # The defaults are not computed here, so these must be there.
    for name, value in (("coordinate_transformation_mode", "asymmetric"), ("nearest_mode", "floor")):
        if node.attribute(name) != value:
            raise node.refused(f"another {name} than {value}")
    node.expect("mode", "nearest")
    node.expect("antialias", 0)
    node.without_effect("cubic_coeff_a", "exclude_outside", "extrapolation_value")  # of other modes
    factors = [float(scale) for scale in scales[2:]]
    return lambda x, *_: F.interpolate(x, scale_factor=factors, mode="nearest")


def _clip(node: OnnxNode) -> Operation:
    low, high = (None if bound is None else float(bound) for bound in (node.constant(1), node.constant(2)))
    if low is None and high is None:
        return lambda x, *_: x
    return lambda x, *_: x.clamp(low, high)


def _hard_sigmoid(node: OnnxNode) -> Operation:
    alpha, beta = node.attribute("alpha", 0.2), node.attribute("beta", 0.5)
    return lambda x: (x * alpha).add_(beta).clamp_(0.0, 1.0)


def _batch_norm(node: OnnxNode) -> Operation:
    epsilon = node.attribute("epsilon", 1e-5)
    node.expect("training_mode", 0)
    node.expect("spatial", 1)
    node.without_effect("momentum")  # of training
    return lambda x, scale, shift, mean, variance: F.batch_norm(x, mean, variance, scale, shift, eps=epsilon)


def _concat(node: OnnxNode) -> Operation:
    axis = node.required("axis")
    return lambda *inputs: torch.cat(inputs, axis)


def _mean(node: OnnxNode) -> Operation:
    axes, keep = node.axes(), bool(node.attribute("keepdims", 1))
    node.expect("noop_with_empty_axes", 0)
    return lambda x, *_: x.mean(axes or tuple(range(x.ndim)), keep)


def _reshape(node: OnnxNode) -> Operation:
    """A 0 keeps the size of that axis, -1 takes what is left."""
    node.expect("allowzero", 0)

    def reshape(x: Tensor, shape: Tensor) -> Tensor:
        sizes = [x.shape[axis] if size == 0 else size for axis, size in enumerate(shape.tolist())]
        return x.reshape(sizes)

    return reshape


def _slice(node: OnnxNode) -> Operation:
    strides = node.constant(4)
    if strides is not None and (strides != 1).any():
        raise node.refused(f"a slice in steps of {strides.tolist()}")

    def cut(x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor | None = None, _: Tensor | None = None) -> Tensor:
        places = range(len(starts)) if axes is None else axes.tolist()
        for start, end, axis in zip(starts.tolist(), ends.tolist(), places, strict=True):
            x = x[(slice(None),) * (axis % x.ndim) + (slice(start, end),)]
        return x

    return cut


def _squeeze(node: OnnxNode) -> Operation:
    axes = node.axes()
    return lambda x, *_: x.squeeze() if axes is None else x.squeeze(tuple(axes))


def _unsqueeze(node: OnnxNode) -> Operation:
    axes = node.axes()
    if axes is None:
        raise node.refused("no axes")

    def unsqueeze(x: Tensor, *_: Tensor) -> Tensor:
        for axis in sorted(axis % (x.ndim + len(axes)) for axis in axes):
            x = x.unsqueeze(axis)
        return x

    return unsqueeze


def _softmax(node: OnnxNode) -> Operation:
    """Until opset 12 the axes from `axis` on are one."""
    joint = node.opset < 13
    axis = node.attribute("axis", 1 if joint else -1)
    if joint:
        return lambda x: x.flatten(axis).softmax(-1).reshape(x.shape)
    return lambda x: x.softmax(axis)


def _transpose(node: OnnxNode) -> Operation:
    axes = node.attribute("perm")
    return lambda x: x.permute(tuple(reversed(range(x.ndim))) if axes is None else tuple(axes))


def _cast(node: OnnxNode) -> Operation:
    kind = node.required("to")
    node.without_effect("saturate")  # of types of eight bits
    if kind not in CAST_TYPES:
        raise node.refused(f"a cast to type {kind}")
    return lambda x: x.to(CAST_TYPES[kind])


def _divide(x: Tensor, y: Tensor) -> Tensor:
    return x / y if x.is_floating_point() else torch.div(x, y, rounding_mode="trunc")


OPERATORS: Mapping[str, Callable[[OnnxNode], Operation]] = {
    "Add": lambda _: torch.add,
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_norm,
    "Cast": _cast,
    "Clip": _clip,
    "Concat": _concat,
    "Conv": _convolution,
    "ConvTranspose": _transposed_convolution,
    "Div": lambda _: _divide,
    "Erf": lambda _: torch.erf,
    "GlobalAveragePool": _global_average_pool,
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
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
"""ONNX's name of an operator -> what makes its function from a node."""
