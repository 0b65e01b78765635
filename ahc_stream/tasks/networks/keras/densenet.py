"""The layers of keras.applications' DenseNet121, 169 and 201, for files that hold weights only.

G. Huang et al., "Densely Connected Convolutional Networks", 2017. Keras 2 calls a layer "conv1/bn", Keras 3 "conv1_bn".
Such a file does not tell what follows the network's last normalization. Taken for granted: the mean over all places,
the file's further layers in their order, each Dense but the last with ReLU, softmax at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks.keras.files import SAVE_WHOLE, Stored
from ahc_stream.tasks.networks.keras.nodes import LayerNode

BLOCKS = ((6, 12, 24, 16), (6, 12, 32, 32), (6, 12, 48, 32))
"""Layers in the dense blocks of DenseNet121, 169 and 201."""

EPSILON = 1.001e-5
_LAYER = re.compile(r"(.*/)?(conv\d_block\d+_\d_(conv|bn)|(conv1|pool\d)[/_](conv|bn)|bn)")


def describe(stored: Stored) -> list[LayerNode]:
    """The nodes of the DenseNet whose weights `stored` holds. Raises InvalidValue where they are another network's."""
    layers = list(dict.fromkeys(path.rpartition("/")[0] for path in stored.weights))
    blocks = tuple(_highest(layers, block) for block in (2, 3, 4, 5))
    if blocks not in BLOCKS:
        expected = "the weights of a Keras DenseNet, or a whole model"
        raise InvalidValue(expected, "weights of another network", SAVE_WHOLE)
    joint = "/" if any(layer.endswith("conv1/conv") for layer in layers) else "_"
    head = [layer for layer in layers if not _LAYER.fullmatch(layer)]
    return [*_network(blocks, joint), *_head(head, stored)]


def _highest(layers: Sequence[str], block: int) -> int:
    """The number of the last layer of a dense block."""
    matches = (re.search(rf"conv{block}_block(\d+)_", layer) for layer in layers)
    return max((int(match.group(1)) for match in matches if match), default=0)


def _node(name: str, kind: str, config: Mapping[str, Any], *inputs: str) -> LayerNode:
    return LayerNode((name,), kind, config, tuple((source,) for source in inputs))


def _network(blocks: Sequence[int], joint: str) -> Iterator[LayerNode]:
    yield _node("input", "InputLayer", {})
    yield _node("pad", "ZeroPadding2D", {"padding": ((3, 3), (3, 3))}, "input")
    yield _node(f"conv1{joint}conv", "Conv2D", _convolution(2), "pad")
    yield from _normalized(f"conv1{joint}bn", "conv1_relu", f"conv1{joint}conv")
    yield _node("pool1_pad", "ZeroPadding2D", {"padding": ((1, 1), (1, 1))}, "conv1_relu")
    yield _node("pool1", "MaxPooling2D", _pool(3), "pool1_pad")
    last = "pool1"
    for block, count in enumerate(blocks, start=2):
        for layer in range(1, count + 1):
            yield from _dense_layer(f"conv{block}_block{layer}", last)
            last = f"conv{block}_block{layer}_concat"
        if block < 5:
            yield from _transition(f"pool{block}", last)
            last = f"pool{block}_pool"
    yield from _normalized("bn", "relu", last)
    yield _node("mean", "GlobalAveragePooling2D", {}, "relu")


def _dense_layer(name: str, source: str) -> Iterator[LayerNode]:
    yield from _normalized(f"{name}_0_bn", f"{name}_0_relu", source)
    yield _node(f"{name}_1_conv", "Conv2D", _convolution(1), f"{name}_0_relu")
    yield from _normalized(f"{name}_1_bn", f"{name}_1_relu", f"{name}_1_conv")
    yield _node(f"{name}_2_conv", "Conv2D", _convolution(1, "same"), f"{name}_1_relu")
    yield _node(f"{name}_concat", "Concatenate", {}, source, f"{name}_2_conv")


def _transition(name: str, source: str) -> Iterator[LayerNode]:
    yield from _normalized(f"{name}_bn", f"{name}_relu", source)
    yield _node(f"{name}_conv", "Conv2D", _convolution(1), f"{name}_relu")
    yield _node(f"{name}_pool", "AveragePooling2D", _pool(2), f"{name}_conv")


def _normalized(name: str, activation: str, source: str) -> Iterator[LayerNode]:
    yield _node(name, "BatchNormalization", {"epsilon": EPSILON}, source)
    yield _node(activation, "Activation", {"activation": "relu"}, name)


def _convolution(stride: int, padding: str = "valid") -> dict[str, Any]:
    return {"strides": (stride, stride), "dilation_rate": (1, 1), "padding": padding}


def _pool(size: int) -> dict[str, Any]:
    return {"pool_size": (size, size), "strides": (2, 2), "padding": "valid"}


def _head(layers: Sequence[str], stored: Stored) -> Iterator[LayerNode]:
    """Dense and BatchNormalization in the order of the file. A layer's name is the end of its path."""
    names = ["mean", *(layer.rpartition("/")[2] for layer in layers)]
    if len(names) == 1:
        raise InvalidValue("a layer that tells classes apart", "a network without one", SAVE_WHOLE)
    for layer, (source, name) in zip(layers, pairwise(names), strict=True):
        if f"{layer}/kernel" in stored.weights:
            activation = "softmax" if name == names[-1] else "relu"
            yield _node(name, "Dense", {"activation": activation}, source)
        else:
            yield _node(name, "BatchNormalization", {"epsilon": 1e-3}, source)
