"""Keras models without Keras: its own outputs, kept, for files of Keras 2 and 3; files that are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
import torch.nn.functional as F

from ahc_stream.core.errors import InvalidValue, MediaError
from ahc_stream.tasks.networks import keras
from tests.tasks.networks.keras import stored

CASES = [
    f"{version}-{case}" for version in ("keras2", "keras3") for case in ("nested", "mobile", "odd_layers", "densenet")
]


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: stored.write(tmp_path / f"{name}.h5", stored.read(name))


def output(model: keras.Graph, shape: list[int]) -> np.ndarray:
    pixels = torch.from_numpy(stored.picture(shape)).permute(0, 3, 1, 2)
    with torch.inference_mode():
        return model(pixels).numpy()


@pytest.mark.parametrize("name", CASES)
def test_outputs_are_those_of_keras(name: str, written: Callable[[str], Path]) -> None:
    golden = stored.read(name)
    expected = np.array(golden["output"])
    assert np.ptp(expected) > 0.05  # the made weights tell pictures or classes apart
    found = output(keras.load(written(name)), golden["input"])
    # float32 sums in another order: 1e-7 was seen for probabilities, 2e-6 for logits of about 1.
    np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("name", "is_probability", "size"),
    [
        ("keras2-nested", True, None),
        ("keras3-mobile", False, None),
        ("keras2-odd_layers", True, (37, 53)),
        ("keras3-densenet", True, None),
    ],
)
def test_a_model_says_whether_it_gives_probabilities_and_its_size(
    name: str, is_probability: bool, size: Any, written: Callable[[str], Path]
) -> None:
    model = keras.load(written(name))
    assert (model.is_probability, model.size) == (is_probability, size)


def test_a_densenet_is_torchvisions_where_the_epsilon_is_keras(written: Callable[[str], Path]) -> None:
    """An oracle of another make: the same weights under torchvision's names."""
    from torchvision.models import densenet121

    golden = stored.read("keras3-densenet")
    theirs = densenet121(weights=None).eval()
    for layer in theirs.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.eps = 1.001e-5
    theirs.features.load_state_dict(dict(_torchvision_names(golden["layers"])), strict=False)
    pixels = torch.from_numpy(stored.picture(golden["input"])).permute(0, 3, 1, 2)
    with torch.inference_mode():
        features = F.relu(theirs.features(pixels)).mean((2, 3)).numpy()
    values = {name: stored.weight(name, shape) for _, weights in golden["layers"] for name, shape in weights}
    hidden, last = (name for name, _ in golden["layers"] if name.startswith("dense"))
    x = np.maximum(features @ values[f"{hidden}/kernel"] + values[f"{hidden}/bias"], 0)
    logits = x @ values[f"{last}/kernel"] + values[f"{last}/bias"]
    expected = np.exp(logits) / np.exp(logits).sum()
    np.testing.assert_allclose(output(keras.load(written("keras3-densenet")), golden["input"]), expected, atol=1e-6)


def _torchvision_names(groups: list[Any]):
    variables = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var"}
    for _, weights in groups:
        for name, shape in weights:
            layer, _, variable = name.rpartition("/")
            if layer.startswith("dense"):
                continue
            array = torch.from_numpy(stored.weight(name, shape))
            array = array.permute(3, 2, 0, 1) if variable == "kernel" else array
            yield f"{_torchvision_layer(layer)}.{variables.get(variable, 'weight')}", array


def _torchvision_layer(layer: str) -> str:
    if layer == "bn":
        return "norm5"
    if layer.startswith("conv1_"):
        return {"conv1_conv": "conv0", "conv1_bn": "norm0"}[layer]
    if layer.startswith("pool"):
        return f"transition{int(layer[4]) - 1}.{'norm' if layer.endswith('bn') else 'conv'}"
    block, number, place, kind = layer.removeprefix("conv").replace("block", "").split("_")
    index = {"0bn": "norm1", "1conv": "conv1", "1bn": "norm2", "2conv": "conv2"}[place + kind]
    return f"denseblock{int(block) - 1}.denselayer{number}.{index}"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda layers: layers[-1].update(class_name="Lambda"), "Lambda"),
        (lambda layers: layers[-1]["config"].update(activation="sigmoid"), "softmax"),
        (lambda layers: layers[-1]["config"].update(activation="mish"), "mish"),
        (lambda layers: layers.pop(), "weights of the layers"),
    ],
)
def test_what_is_not_known_is_refused_and_named(change: Any, message: str, tmp_path: Path) -> None:
    golden = stored.read("keras2-nested")
    change(golden["config"]["config"]["layers"])
    with pytest.raises(InvalidValue, match=message):
        keras.load(stored.write(tmp_path / "changed.h5", golden))


def test_a_missing_weight_names_its_layer(tmp_path: Path) -> None:
    golden = stored.read("keras2-nested")
    golden["layers"][-1][1].pop(0)  # the last layer's kernel
    with pytest.raises(InvalidValue, match=r"'kernel' of the layer dense"):
        keras.load(stored.write(tmp_path / "short.h5", golden))


def test_weights_of_another_network_and_other_files_are_refused(tmp_path: Path) -> None:
    golden = stored.read("keras2-mobile") | {"config": None}
    with pytest.raises(InvalidValue, match="Save the whole model"):
        keras.load(stored.write(tmp_path / "weights.h5", golden))
    with h5py.File(tmp_path / "new.weights.h5", "w") as file:
        file.create_group("layers")
    with pytest.raises(InvalidValue, match=r"model\.save"):
        keras.load(tmp_path / "new.weights.h5")
    (tmp_path / "text.h5").write_text("no HDF5")
    with pytest.raises(MediaError, match=r"text\.h5"):
        keras.load(tmp_path / "text.h5")
    (tmp_path / "model.json").write_text(json.dumps({"modelTopology": {}}))
    with pytest.raises(MediaError, match=r"model\.json"):
        keras.load(tmp_path / "model.json")


def test_a_tensorflow_js_model_computes_what_its_hdf5_computes(tmp_path: Path) -> None:
    golden = stored.read("keras2-mobile")
    expected = output(keras.load(stored.write(tmp_path / "model.h5", golden)), golden["input"])
    arrays = [
        (name.removesuffix(":0"), stored.weight(name, shape)) for _, group in golden["layers"] for name, shape in group
    ]
    data = b"".join(array.tobytes() for _, array in arrays)
    for shard, part in enumerate((data[:1001], data[1001:])):  # shards are cut anywhere
        (tmp_path / f"shard{shard}.bin").write_bytes(part)
    listed = [{"name": name, "shape": list(array.shape), "dtype": "float32"} for name, array in arrays]
    manifest = [{"paths": ["shard0.bin", "shard1.bin"], "weights": listed}]
    model = {"modelTopology": {"model_config": golden["config"]}, "weightsManifest": manifest}
    (tmp_path / "model.json").write_text(json.dumps(model))
    np.testing.assert_array_equal(output(keras.load(tmp_path / "model.json"), golden["input"]), expected)
