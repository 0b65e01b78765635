"""Writes tests/golden/keras*.json: what Keras itself computes with made weights. It needs Keras; the project does not.

    pip install tensorflow-cpu==2.15.1        and then     python -m tools.make_keras_golden keras2
    pip install keras==3.15.1 torch h5py      and then     KERAS_BACKEND=torch python -m tools.make_keras_golden keras3

A model is built and saved by Keras, its weights in the file are replaced by made ones, Keras loads the file again and
predicts. Kept are the file's layout, the configuration and the output.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras

from tests.tasks.networks.keras import stored

L = keras.layers
ANY = (None, None, 3)


def nested() -> keras.Model:
    """A small DenseNet inside a Sequential, as transfer learning builds it."""
    from keras.src.applications.densenet import DenseNet  # the public names have the published depths only

    base = DenseNet([1, 2, 1, 1], include_top=False, weights=None, input_shape=ANY)
    head = [
        L.GlobalAveragePooling2D(),
        L.Dense(8, "relu"),
        L.BatchNormalization(),
        L.Dropout(0.3),
        L.Dense(5, "softmax"),
    ]
    return keras.Sequential([keras.Input(ANY), base, *head])


def mobile() -> keras.Model:
    """MobileNetV2 called inside a functional model that scales pixels itself; logits come out."""
    base = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=ANY, alpha=0.35)
    pixels = keras.Input(ANY)
    return keras.Model(pixels, L.Dense(4)(L.GlobalMaxPooling2D()(base(L.Rescaling(0.5, 0.1)(pixels)))))


def odd_layers() -> keras.Model:
    """Every padding at sizes that it does not divide."""
    pixels = keras.Input((37, 53, 3))
    x = L.Conv2D(8, 4, strides=2, padding="same", activation="relu")(pixels)
    x = L.MaxPooling2D(3, 2, padding="same")(x)
    x = L.DepthwiseConv2D(3, strides=2, padding="same", depth_multiplier=2, activation="swish")(x)
    x = L.Add()([L.Conv2D(6, 3, dilation_rate=2, padding="same", groups=2)(x), L.Conv2D(6, 1, use_bias=False)(x)])
    if sys.argv[1] == "keras2":  # Keras 3 on torch counts the padding of "same" among what it averages
        x = L.AveragePooling2D(2, 2, padding="same")(x)
    return keras.Model(pixels, L.Softmax()(L.Dense(4)(L.Flatten()(L.ReLU(max_value=2.0)(x)))))


def densenet(make: Callable[..., keras.Model]) -> keras.Model:
    """A DenseNet of the zoo under a head, one graph."""
    base = make(include_top=False, weights=None, input_shape=ANY)
    return keras.Model(base.input, L.Dense(9, "softmax")(L.Dense(16, "relu")(L.GlobalAveragePooling2D()(base.output))))


def cases() -> Iterator[tuple[str, keras.Model, list[int], bool]]:
    """Name, model, shape of the input, whether the file is a whole model."""
    yield "nested", nested(), [2, 48, 40, 3], True
    yield "mobile", mobile(), [2, 50, 64, 3], True
    yield "odd_layers", odd_layers(), [2, 37, 53, 3], True
    two = sys.argv[1] == "keras2"
    zoo = keras.applications
    yield "densenet", densenet(zoo.DenseNet201 if two else zoo.DenseNet121), [1, 64, 64, 3], False


def save(model: keras.Model, path: Path, whole: bool) -> None:
    """As HDF5; weights in the layout of `save_weights("x.h5")`, which Keras 3 has no public function for any more."""
    if whole or sys.argv[1] == "keras2":
        (model.save if whole else model.save_weights)(path)
        return
    from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group

    with h5py.File(path, "w") as file:
        save_weights_to_hdf5_group(file, model)


def layout(path: Path) -> list[Any]:
    """[[layer, [[weight, shape], ...]], ...] of a file, whose weights are replaced by made ones."""
    with h5py.File(path, "r+") as file:
        group = file.get("model_weights", file)
        result = []
        for layer in map(text, group.attrs["layer_names"]):
            names = [text(name) for name in group[layer].attrs["weight_names"]]
            for name in names:
                group[layer][name][...] = stored.weight(name, list(group[layer][name].shape))
            result.append([layer, [[name, list(group[layer][name].shape)] for name in names]])
        return result


def text(thing: Any) -> str:
    return thing.decode() if isinstance(thing, bytes) else str(thing)


def slim(config: Any) -> Any:
    """Without what inference does not need: initializers, regularizers, constraints."""
    if isinstance(config, list):
        return [slim(part) for part in config]
    if not isinstance(config, dict):
        return config
    left_out = ("_initializer", "_regularizer", "_constraint", "build_config", "module", "registered_name", "trainable")
    return {name: slim(value) for name, value in config.items() if not name.endswith(left_out)}


def main() -> None:
    for name, model, shape, whole in cases():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.h5"
            save(model, path, whole)
            layers = layout(path)
            model.load_weights(path)
            output = model.predict(stored.picture(shape), verbose=0)
            with h5py.File(path) as file:
                config = slim(json.loads(file.attrs["model_config"])) if whole else None
        golden = {"keras": keras.__version__, "config": config, "layers": layers, "input": shape}
        golden["output"] = [[float(value) for value in row] for row in output]
        target = stored.GOLDEN / f"{sys.argv[1]}-{name}.json"
        target.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
        print(target.name, target.stat().st_size, golden["output"][0][:4])


if __name__ == "__main__":
    main()
