"""Layers of Keras one by one, against their definitions; what would be computed otherwise than by Keras is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks.keras import layers
from ahc_stream.tasks.networks.keras.layer import Layer

X = torch.tensor([-4.0, -2.7, -1.0, 0.0, 0.5, 2.7, 4.0]).reshape(1, 7, 1, 1)


def made(kind: str, version: str = "2.15.0", arrays: dict[str, Any] | None = None, **config: Any) -> torch.nn.Module:
    return layers.make(Layer(kind, {"name": "the_layer", **config}, arrays or {}, version))


def values(module: torch.nn.Module, x: torch.Tensor = X) -> list[float]:
    return module(x).flatten().tolist()


@pytest.mark.parametrize(
    ("version", "slope"), [("2.2.4-tf", 1 / 5), ("2.15.0", 1 / 5), ("3.0.0", 1 / 6), ("3.15.1", 1 / 6)]
)
@pytest.mark.parametrize("kind", ["Activation", "Dense", "Conv2D"])
def test_a_hard_sigmoid_is_that_of_the_keras_that_wrote_the_file(version: str, slope: float, kind: str) -> None:
    """Keras 2 documents clip(0.2 x + 0.5, 0, 1), Keras 3 relu6(x + 3) / 6."""
    one = np.eye(7, dtype=np.float32)
    arrays = {"Dense": {"kernel": one}, "Conv2D": {"kernel": one[None, None]}}.get(kind)
    sizes = {"strides": (1, 1), "dilation_rate": (1, 1), "padding": "valid"}
    layer = made(kind, version, arrays, activation="hard_sigmoid", **sizes)
    expected = [min(max(x * slope + 0.5, 0.0), 1.0) for x in X.flatten().tolist()]
    assert values(layer) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("version", ["", "4.0.0", "None"])
def test_a_hard_sigmoid_of_an_unknown_keras_is_refused(version: str) -> None:
    with pytest.raises(InvalidValue, match="says its version"):
        made("Activation", version, activation="hard_sigmoid")
    assert values(made("Activation", version, activation="relu")) == X.clamp(min=0).flatten().tolist()


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, [0, 0, 0, 0, 0.5, 2.7, 4]),
        ({"max_value": None, "negative_slope": 0.0, "threshold": 0.0}, [0, 0, 0, 0, 0.5, 2.7, 4]),
        ({"max_value": 2.0}, [0, 0, 0, 0, 0.5, 2, 2]),
        ({"max_value": 0.0}, [0, 0, 0, 0, 0, 0, 0]),
        ({"negative_slope": 0.5}, [-2, -1.35, -0.5, 0, 0.5, 2.7, 4]),
        ({"max_value": 1.0, "negative_slope": 0.5}, [-2, -1.35, -0.5, 0, 0.5, 1, 1]),
    ],
)
def test_a_relu_needs_no_largest_value(config: dict[str, Any], expected: list[float]) -> None:
    assert values(made("ReLU", **config)) == pytest.approx(expected)


def test_a_dense_layer_over_places_acts_on_the_channels() -> None:
    kernel, bias = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(3, np.float32)
    x = torch.randn(2, 2, 4, 5, generator=torch.Generator().manual_seed(0))
    found = made("Dense", arrays={"kernel": kernel, "bias": bias})(x)
    expected = np.einsum("nchw,cd->ndhw", x.numpy(), kernel) + 1
    np.testing.assert_allclose(found.numpy(), expected, atol=1e-5)


STATISTICS = {name: np.ones(7, np.float32) for name in ("moving_mean", "moving_variance")}


@pytest.mark.parametrize(
    ("kind", "config", "arrays"),
    [("BatchNormalization", {"epsilon": 1e-3}, STATISTICS), ("Softmax", {}, {}), ("Concatenate", {}, {})],
)
def test_an_axis_that_is_not_the_channels_is_refused(kind: str, config: dict[str, Any], arrays: dict[str, Any]) -> None:
    for axis in (-1, 3, [3]):
        made(kind, arrays=arrays, axis=axis, **config)(X)
    for axis in (1, -1):
        made(kind, arrays=arrays, axis=axis, **config)(X.flatten(1))
    for axis in (1, 2, -2):
        with pytest.raises(InvalidValue, match=f"axis {axis} of 4 in the_layer"):
            made(kind, arrays=arrays, axis=axis, **config)(X)


@pytest.mark.parametrize(
    ("kind", "config", "says"),
    [
        ("ReLU", {"threshold": 1.0}, "threshold 1.0 in the_layer"),
        ("Rescaling", {"scale": [1.0, 2.0], "offset": 0.0}, "one scale and one offset"),
        ("Activation", {"activation": {"class_name": "mine"}}, "mine"),
        ("Activation", {"activation": "mish"}, "'mish'"),
        ("MaxPooling2D", {"pool_size": (2, 2), "strides": (2, 2), "padding": "causal"}, "'causal' in the_layer"),
        ("Flatten", {"data_format": "channels_first"}, "channels_first in the_layer"),
        ("Lambda", {}, "Lambda in the_layer"),
    ],
)
def test_a_setting_that_is_not_known_is_refused_and_named(kind: str, config: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        made(kind, **config)
