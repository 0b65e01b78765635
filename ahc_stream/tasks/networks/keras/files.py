"""Files of Keras models: HDF5 of Keras 2 and 3, and TensorFlow.js' layers models."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.errors import InvalidValue, MediaError
from ahc_stream.tasks.networks.hdf5 import Hdf5File, opened
from ahc_stream.weights import tensorflow_js

FLOAT32_BYTES = 4
SAVE_WHOLE = "save the whole model as HDF5: model.save('model.h5')"


@dataclass(frozen=True)
class Stored:
    """What a file holds.

    config:   the description of the model, {"class_name", "config"}; None where the file holds weights only.
    weights:  "TOP-LEVEL LAYER/.../LAYER/VARIABLE" -> float32 array, in the file's order.
    version:  of the Keras that wrote it, such as "2.15.0"; empty where the file does not say it.
    """

    config: Mapping[str, Any] | None
    weights: Mapping[str, NDArray[np.float32]]
    version: str


def read(path: Path) -> Stored:
    """What an .h5 or .hdf5 file, or TensorFlow.js' model.json and the shards beside it, hold. Raises MediaError,
    MissingExtra, InvalidValue."""
    return _read_tensorflow_js(path) if path.suffix == ".json" else _read_hdf5(path)


def _read_hdf5(path: Path) -> Stored:
    try:
        with opened(path, "classification") as file:
            return _stored(file, path)
    except (OSError, KeyError, ValueError) as error:
        raise MediaError(f"a Keras model in {path}", str(error), SAVE_WHOLE) from error


def _stored(file: Hdf5File, path: Path) -> Stored:
    attributes = file.root.attrs
    config = attributes.get("model_config")
    group = file.root.get("model_weights", file.root)
    if "layer_names" not in group.attrs and "layer_names0" not in group.attrs:
        got = f"an HDF5 file of another kind, {path}"
        raise InvalidValue("weights by layer (layer_names)", got, SAVE_WHOLE)
    version = attributes.get("keras_version", group.attrs.get("keras_version", ""))
    described = json.loads(config) if config is not None else None
    return Stored(described, dict(_hdf5_weights(file, group)), _text(version))


def _hdf5_weights(file: Hdf5File, group: Any) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """A layer's group is called after it, and its weights lie in the group by their names."""
    for layer in _texts(group, "layer_names"):
        for name in _texts(group[layer], "weight_names"):
            yield f"{layer}/{name.removesuffix(':0')}", file.float32(group[layer][name])


def _texts(group: Any, name: str) -> list[str]:
    """A list of texts among the attributes, which Keras cuts into "name0", "name1" ... where it is long."""
    parts = [group.attrs[name]] if name in group.attrs else []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{name}{len(parts)}"])
    return [_text(text) for part in parts for text in part]


def _text(value: object) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _read_tensorflow_js(path: Path) -> Stored:
    try:
        topology = tensorflow_js.read(path)["modelTopology"]
        config = topology["model_config"]
        groups = tensorflow_js.groups(path)
        weights = {name: array for group in groups for name, array in _tensorflow_js_weights(path, group)}
        return Stored(config, weights, str(topology.get("keras_version", "")))
    except (OSError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise tensorflow_js.unusable(path, f"{type(error).__name__}: {error}") from error


def _tensorflow_js_weights(path: Path, group: dict[str, Any]) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """The weights of one group, which lie one behind the other in its shards; these are cut anywhere."""
    numbers = b"".join(shard.read_bytes() for shard in tensorflow_js.shards(path, group))
    start = 0
    for weight in group["weights"]:
        if weight["dtype"] != "float32" or "quantization" in weight:
            got = f"{weight['name']} in another format"
            raise InvalidValue("weights in float32", got, "convert without quantizing")
        end = start + FLOAT32_BYTES * math.prod(weight["shape"])
        if not start <= end <= len(numbers):
            raise ValueError(f"{weight['name']} of {weight['shape']}, which the shards do not hold")
        array = np.frombuffer(numbers[start:end], "<f4").reshape(weight["shape"])
        yield weight["name"], array.astype(np.float32)
        start = end
