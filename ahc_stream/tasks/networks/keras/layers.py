"""What each Keras layer computes at inference, on float32 [N, C, H, W] where Keras has [N, H, W, C]."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ahc_stream.tasks.networks.keras.layer import Layer
from ahc_stream.tasks.networks.keras.weighted import Convolution, Dense, Normalization
from ahc_stream.tasks.networks.same_padding import pad_same

Reduction = Callable[[Tensor, tuple[int, int], bool], Tensor]


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
    def concatenate(*inputs: Tensor) -> Tensor:
        layer.check_axis(inputs[0])
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
    def softmax(x: Tensor) -> Tensor:
        layer.check_axis(x)
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
