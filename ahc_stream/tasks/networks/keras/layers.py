"""What each Keras layer computes at inference, on float32 [N, C, H, W] where Keras has [N, H, W, C]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks.keras import activations
from ahc_stream.tasks.networks.keras.activations import Activation
from ahc_stream.tasks.networks.same_padding import pad_same

Arrays = Mapping[str, NDArray[np.float32]]
Reduction = Callable[[Tensor, tuple[int, int], bool], Tensor]


@dataclass(frozen=True)
class Layer:
    """A layer as a file describes it: Keras' class name, its configuration, its weights by name, and the version of the
    Keras that wrote it."""

    kind: str
    config: Mapping[str, Any]
    arrays: Arrays
    version: str

    @property
    def activation(self) -> Activation:
        """What follows the layer. Raises InvalidValue."""
        return activations.find(self.config.get("activation") or "linear", self.version)

    @property
    def is_same(self) -> bool:
        """Whether it pads as TensorFlow's "same". Raises InvalidValue for a padding that is not known here."""
        padding = self.config["padding"]
        if padding not in ("same", "valid"):
            raise self.refused("padding same or valid", f"padding {padding!r}")
        return bool(padding == "same")

    def pair(self, name: str) -> tuple[int, int]:
        """A setting for rows and columns."""
        rows, columns = self.config[name]
        return rows, columns

    def refused(self, expected: str, got: str) -> InvalidValue:
        """The error for a layer that is not computed here."""
        return InvalidValue(expected, f"{got} in {self.config.get('name', self.kind)}", "use a plain layer instead")


def make(layer: Layer) -> nn.Module:
    """The layer as a module of its input tensors. Raises InvalidValue for a kind or setting that is not known here."""
    if layer.kind not in LAYERS:
        raise layer.refused(f"a layer among {', '.join(sorted(LAYERS))}", f"a layer {layer.kind}")
    data_format = layer.config.get("data_format") or "channels_last"
    if data_format != "channels_last":
        raise layer.refused("channels_last", data_format)
    return LAYERS[layer.kind](layer)


class Function(nn.Module):
    """A layer without weights."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


class Convolution(nn.Module):
    """A convolution with TensorFlow's padding and an activation. `weight` is [out, in / groups, height, width]."""

    def __init__(self, layer: Layer, weight: NDArray[np.float32], groups: int) -> None:
        super().__init__()
        bias = layer.arrays.get("bias")
        self.weight = nn.Parameter(_tensor(weight).contiguous(memory_format=torch.channels_last), requires_grad=False)
        self.bias = None if bias is None else _parameter(bias)
        self.stride, self.dilation, self.groups = layer.pair("strides"), layer.pair("dilation_rate"), groups
        self.same, self.activation = layer.is_same, layer.activation

    def forward(self, x: Tensor) -> Tensor:
        if self.same:
            taps = zip(self.dilation, self.weight.shape[2:], strict=True)
            reach = [dilation * (count - 1) + 1 for dilation, count in taps]
            x = pad_same(x, reach, self.stride)
        x = F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)
        return self.activation(x)


class Normalization(nn.Module):
    """Batch normalization of the channels by the stored statistics."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        arrays = layer.arrays
        mean = arrays["moving_mean"]
        self.mean, self.variance = _parameter(mean), _parameter(arrays["moving_variance"])
        self.scale = _parameter(arrays.get("gamma", np.ones_like(mean)))
        self.shift = _parameter(arrays.get("beta", np.zeros_like(mean)))
        self.epsilon = float(layer.config["epsilon"])
        self.check_axis = _axis_check(layer)

    def forward(self, x: Tensor) -> Tensor:
        self.check_axis(x)
        return F.batch_norm(x, self.mean, self.variance, self.scale, self.shift, eps=self.epsilon)


class Dense(nn.Module):
    """A fully connected layer over the channels, which Keras has last."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.weight = _parameter(layer.arrays["kernel"].T)
        self.bias = _parameter(layer.arrays["bias"]) if "bias" in layer.arrays else None
        self.activation = layer.activation

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim == 2:
            return self.activation(F.linear(x, self.weight, self.bias))
        return self.activation(F.linear(x.movedim(1, -1), self.weight, self.bias).movedim(-1, 1))


def _tensor(array: NDArray[np.float32]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array))


def _parameter(array: NDArray[np.float32]) -> nn.Parameter:
    return nn.Parameter(_tensor(array), requires_grad=False)


def _axis_check(layer: Layer) -> Callable[[Tensor], None]:
    """Refuses an input whose last axis in Keras, its channels, is not the one that the layer names."""
    setting = layer.config.get("axis", -1)
    (axis,) = setting if isinstance(setting, list | tuple) else (setting,)

    def check(x: Tensor) -> None:
        if axis not in (-1, x.ndim - 1):
            raise layer.refused("the channels, the last axis,", f"axis {axis} of {x.ndim}")

    return check


def _convolution(layer: Layer) -> nn.Module:
    """Keras' kernel is [height, width, in / groups, out]."""
    weight = layer.arrays["kernel"].transpose(3, 2, 0, 1)
    return Convolution(layer, weight, layer.config.get("groups", 1))


def _depthwise(layer: Layer) -> nn.Module:
    """Keras' kernel is [height, width, in, multiplier], called depthwise_kernel by Keras 2."""
    name = "depthwise_kernel" if "depthwise_kernel" in layer.arrays else "kernel"
    kernel = layer.arrays[name]
    height, width, channels, multiplier = kernel.shape
    weight = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return Convolution(layer, weight, channels)


def _zero_padding(layer: Layer) -> nn.Module:
    (top, bottom), (left, right) = layer.config["padding"]
    return Function(lambda x: F.pad(x, (left, right, top, bottom)))


def _max_pool(layer: Layer) -> nn.Module:
    size, stride = layer.pair("pool_size"), layer.pair("strides")
    if not layer.is_same:
        return Function(lambda x: F.max_pool2d(x, size, stride))
    return Function(lambda x: F.max_pool2d(pad_same(x, size, stride, float("-inf")), size, stride))


def _average_pool(layer: Layer) -> nn.Module:
    """Padding does not count: what "same" adds is divided out."""
    size, stride = layer.pair("pool_size"), layer.pair("strides")
    if not layer.is_same:
        return Function(lambda x: F.avg_pool2d(x, size, stride))

    def mean_with_padding(x: Tensor) -> Tensor:
        return F.avg_pool2d(pad_same(x, size, stride), size, stride)

    return Function(lambda x: mean_with_padding(x) / mean_with_padding(torch.ones_like(x[:1, :1])))


def _global_pool(reduce: Reduction) -> Callable[[Layer], nn.Module]:
    def make_pool(layer: Layer) -> nn.Module:
        keep = bool(layer.config.get("keepdims"))
        return Function(lambda x: reduce(x, (2, 3), keep))

    return make_pool


def _concatenate(layer: Layer) -> nn.Module:
    check_axis = _axis_check(layer)

    def concatenate(*inputs: Tensor) -> Tensor:
        check_axis(inputs[0])
        return torch.cat(inputs, 1)

    return Function(concatenate)


def _add(layer: Layer) -> nn.Module:
    return Function(lambda first, *others: sum(others, start=first))


def _multiply(layer: Layer) -> nn.Module:
    return Function(lambda first, second: first * second)


def _relu(layer: Layer) -> nn.Module:
    """Keras may cut it off above, and give it a slope below 0."""
    top, slope = layer.config.get("max_value"), float(layer.config.get("negative_slope") or 0.0)
    if layer.config.get("threshold"):
        raise layer.refused("a ReLU at 0", f"threshold {layer.config['threshold']}")
    if top is None:
        return Function(lambda x: F.leaky_relu(x, slope))
    return Function(lambda x: F.leaky_relu(x, slope).clamp(max=float(top)))


def _softmax(layer: Layer) -> nn.Module:
    check_axis = _axis_check(layer)

    def softmax(x: Tensor) -> Tensor:
        check_axis(x)
        return torch.softmax(x, 1)

    return Function(softmax)


def _flatten(layer: Layer) -> nn.Module:
    return Function(lambda x: x.permute(0, 2, 3, 1).flatten(1) if x.ndim == 4 else x)


def _rescaling(layer: Layer) -> nn.Module:
    scale, offset = layer.config["scale"], layer.config["offset"]
    if isinstance(scale, list | tuple | dict) or isinstance(offset, list | tuple | dict):
        raise layer.refused("one scale and one offset", f"scale {scale} and offset {offset}")
    return Function(lambda x: x * float(scale) + float(offset))


def _nothing(layer: Layer) -> nn.Module:
    return nn.Identity()


LAYERS: Mapping[str, Callable[[Layer], nn.Module]] = {
    "Activation": lambda layer: Function(layer.activation),
    "Add": _add,
    "AveragePooling2D": _average_pool,
    "BatchNormalization": Normalization,
    "Concatenate": _concatenate,
    "Conv2D": _convolution,
    "Dense": Dense,
    "DepthwiseConv2D": _depthwise,
    "Dropout": _nothing,
    "Flatten": _flatten,
    "GlobalAveragePooling2D": _global_pool(torch.mean),
    "GlobalMaxPooling2D": _global_pool(torch.amax),
    "InputLayer": _nothing,
    "MaxPooling2D": _max_pool,
    "Multiply": _multiply,
    "ReLU": _relu,
    "Rescaling": _rescaling,
    "Softmax": _softmax,
    "ZeroPadding2D": _zero_padding,
    **dict.fromkeys(("GaussianNoise", "RandomContrast", "RandomFlip", "RandomRotation", "RandomZoom"), _nothing),
    "SpatialDropout2D": _nothing,
}
"""By Keras' class names. Layers that act in training only do nothing."""
