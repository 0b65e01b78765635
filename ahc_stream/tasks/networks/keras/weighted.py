"""Layers of Keras with weights: convolutions, batch normalization, and those that are fully connected."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from ahc_stream.tasks.networks.keras.layer import Layer
from ahc_stream.tasks.networks.same_padding import pad_same


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
        self.check_axis = layer.check_axis

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
