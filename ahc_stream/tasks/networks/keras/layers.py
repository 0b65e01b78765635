"""What each Keras layer computes at inference, on float32 [N, C, H, W] where Keras has [N, H, W, C]."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ahc_stream.core.errors import InvalidValue

Config = Mapping[str, Any]
Arrays = Mapping[str, np.ndarray]
Maker = Callable[[Config, Arrays], nn.Module]

ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "elu": F.elu,
    "gelu": F.gelu,
    "hard_sigmoid": F.hardsigmoid,
    "hard_swish": F.hardswish,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "linear": lambda x: x,
    "relu": F.relu,
    "relu6": F.relu6,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "softmax": lambda x: torch.softmax(x, 1),
    "swish": F.silu,
    "tanh": torch.tanh,
}


def make(kind: str, config: Config, arrays: Arrays) -> nn.Module:
    """The layer as a module of its input tensors. Raises InvalidValue for a kind or setting that is not known here."""
    if kind not in LAYERS:
        known = ", ".join(sorted(LAYERS))
        raise InvalidValue(f"a layer among {known}", f"a layer {kind} ({config.get('name')})", "use a known layer")
    if config.get("data_format", "channels_last") not in ("channels_last", None):
        raise InvalidValue("channels_last", f"{config['data_format']} in {config.get('name')}", "convert the model")
    return LAYERS[kind](config, arrays)


class Function(nn.Module):
    """A layer without weights."""

    def __init__(self, function: Callable[..., Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.function(*inputs)


class Convolution(nn.Module):
    """A convolution with TensorFlow's padding and an activation. `weight` is [out, in / groups, height, width]."""

    def __init__(self, config: Config, weight: np.ndarray, bias: np.ndarray | None, groups: int) -> None:
        super().__init__()
        self.weight = _parameter(weight).contiguous(memory_format=torch.channels_last)
        self.bias = None if bias is None else _parameter(bias)
        self.stride, self.dilation, self.groups = tuple(config["strides"]), tuple(config["dilation_rate"]), groups
        self.same, self.activation = _is_same(config), _activation(config)

    def forward(self, x: Tensor) -> Tensor:
        if self.same:
            reach = [d * (k - 1) + 1 for d, k in zip(self.dilation, self.weight.shape[2:], strict=True)]
            x = pad_same(x, reach, self.stride, 0.0)
        x = F.conv2d(x, self.weight, self.bias, self.stride, 0, self.dilation, self.groups)
        return self.activation(x)


class Normalization(nn.Module):
    """Batch normalization by the stored statistics."""

    def __init__(self, config: Config, arrays: Arrays) -> None:
        super().__init__()
        mean = arrays["moving_mean"]
        self.mean, self.variance = _parameter(mean), _parameter(arrays["moving_variance"])
        self.scale = _parameter(arrays.get("gamma", np.ones_like(mean)))
        self.shift = _parameter(arrays.get("beta", np.zeros_like(mean)))
        self.epsilon = float(config["epsilon"])

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.mean, self.variance, self.scale, self.shift, eps=self.epsilon)


class Dense(nn.Module):
    def __init__(self, config: Config, arrays: Arrays) -> None:
        super().__init__()
        self.weight = _parameter(arrays["kernel"].T)
        self.bias = _parameter(arrays["bias"]) if "bias" in arrays else None
        self.activation = _activation(config)

    def forward(self, x: Tensor) -> Tensor:
        return self.activation(F.linear(x, self.weight, self.bias))


def pad_same(x: Tensor, reach: Any, stride: Any, value: float) -> Tensor:
    """TensorFlow's "same": output sizes are ceil(input / stride), and the odd pixel of padding is below and right."""
    totals = [max((-(-n // s) - 1) * s + r - n, 0) for n, s, r in zip(x.shape[2:], stride, reach, strict=True)]
    (top, bottom), (left, right) = ((total // 2, total - total // 2) for total in totals)
    return F.pad(x, (left, right, top, bottom), value=value)


def _parameter(array: np.ndarray) -> nn.Parameter:
    return nn.Parameter(torch.from_numpy(np.ascontiguousarray(array)), requires_grad=False)


def _is_same(config: Config) -> bool:
    if config["padding"] not in ("same", "valid"):
        raise InvalidValue("padding same or valid", repr(config["padding"]), "use a known padding")
    return config["padding"] == "same"


def _activation(config: Config) -> Callable[[Tensor], Tensor]:
    name = config.get("activation") or "linear"
    if name not in ACTIVATIONS:
        raise InvalidValue(f"an activation among {', '.join(ACTIVATIONS)}", repr(name), "use a known activation")
    return ACTIVATIONS[name]


def _convolution(config: Config, arrays: Arrays) -> nn.Module:
    """Keras' kernel is [height, width, in / groups, out]."""
    return Convolution(config, arrays["kernel"].transpose(3, 2, 0, 1), arrays.get("bias"), config.get("groups", 1))


def _depthwise(config: Config, arrays: Arrays) -> nn.Module:
    """Keras' kernel is [height, width, in, multiplier], called depthwise_kernel by Keras 2."""
    kernel = arrays["depthwise_kernel"] if "depthwise_kernel" in arrays else arrays["kernel"]
    height, width, channels, multiplier = kernel.shape
    weight = kernel.transpose(2, 3, 0, 1).reshape(channels * multiplier, 1, height, width)
    return Convolution(config, weight, arrays.get("bias"), channels)


def _zero_padding(config: Config, arrays: Arrays) -> nn.Module:
    (top, bottom), (left, right) = config["padding"]
    return Function(lambda x: F.pad(x, (left, right, top, bottom)))


def _max_pool(config: Config, arrays: Arrays) -> nn.Module:
    size, stride, same = tuple(config["pool_size"]), tuple(config["strides"]), _is_same(config)
    low = float("-inf")
    return Function(lambda x: F.max_pool2d(pad_same(x, size, stride, low) if same else x, size, stride))


def _average_pool(config: Config, arrays: Arrays) -> nn.Module:
    """Padding does not count: what "same" adds is divided out."""
    size, stride = tuple(config["pool_size"]), tuple(config["strides"])
    if not _is_same(config):
        return Function(lambda x: F.avg_pool2d(x, size, stride))

    def pool(x: Tensor) -> Tensor:
        padded = F.avg_pool2d(pad_same(x, size, stride, 0.0), size, stride)
        return padded / F.avg_pool2d(pad_same(torch.ones_like(x[:1, :1]), size, stride, 0.0), size, stride)

    return Function(pool)


def _global_pool(reduce: Callable[..., Tensor]) -> Maker:
    return lambda config, arrays: Function(lambda x: reduce(x, (2, 3), keepdim=bool(config.get("keepdims"))))


def _concatenate(config: Config, arrays: Arrays) -> nn.Module:
    if config.get("axis", -1) not in (-1, 3):
        raise InvalidValue("a Concatenate of channels", f"axis {config['axis']}", "concatenate along the last axis")
    return Function(lambda *inputs: torch.cat(inputs, 1))


def _add(config: Config, arrays: Arrays) -> nn.Module:
    return Function(lambda *inputs: sum(inputs[1:], start=inputs[0]))


def _multiply(config: Config, arrays: Arrays) -> nn.Module:
    return Function(lambda first, second: first * second)


def _relu(config: Config, arrays: Arrays) -> nn.Module:
    top, slope = config.get("max_value"), config.get("negative_slope") or 0.0
    if config.get("threshold"):
        raise InvalidValue("a ReLU at 0", f"threshold {config['threshold']}", "use a plain ReLU")
    return Function(lambda x: F.leaky_relu(x, float(slope)).clamp(max=top))


def _flatten(config: Config, arrays: Arrays) -> nn.Module:
    return Function(lambda x: x.permute(0, 2, 3, 1).flatten(1) if x.ndim == 4 else x)


def _rescaling(config: Config, arrays: Arrays) -> nn.Module:
    scale, offset = float(config["scale"]), float(config["offset"])
    return Function(lambda x: x * scale + offset)


def _nothing(config: Config, arrays: Arrays) -> nn.Module:
    return nn.Identity()


LAYERS: Mapping[str, Maker] = {
    "Activation": lambda config, arrays: Function(_activation(config)),
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
    "Softmax": lambda config, arrays: Function(ACTIVATIONS["softmax"]),
    "ZeroPadding2D": _zero_padding,
    **dict.fromkeys(("GaussianNoise", "RandomContrast", "RandomFlip", "RandomRotation", "RandomZoom"), _nothing),
    "SpatialDropout2D": _nothing,
}
"""By Keras' class names. Layers that act in training only do nothing."""
