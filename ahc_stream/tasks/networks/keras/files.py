"""Files of Keras models: HDF5 of Keras 2 and 3, and TensorFlow.js' layers models."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ahc_stream.core.errors import InvalidValue, MediaError, MissingExtra

SAVE_WHOLE = "save the whole model as HDF5: model.save('model.h5')"


@dataclass(frozen=True)
class Stored:
    """config:   the description of the model, {"class_name", "config"}; None where the file holds weights only.
    weights:     "TOP-LEVEL LAYER/.../LAYER/VARIABLE" -> float32 array, in the file's order.
    """

    config: Mapping[str, Any] | None
    weights: Mapping[str, np.ndarray]


def read(path: Path) -> Stored:
    """What an .h5 or .hdf5 file, or TensorFlow.js' model.json and the shards beside it, hold. Raises MediaError,
    MissingExtra, InvalidValue."""
    return _read_tensorflow_js(path) if path.suffix == ".json" else _read_hdf5(path)


def _read_hdf5(path: Path) -> Stored:
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise MissingExtra.of("h5py", "classification") from error
    try:
        with h5py.File(path) as file:
            config = file.attrs.get("model_config")
            group = file.get("model_weights", file)
            if "layer_names" not in group.attrs and "layer_names0" not in group.attrs:
                raise InvalidValue(
                    "weights by layer (layer_names)", f"an HDF5 file of another kind, {path}", SAVE_WHOLE
                )
            return Stored(json.loads(config) if config is not None else None, dict(_hdf5_weights(group)))
    except (OSError, KeyError, ValueError) as error:
        raise MediaError(f"a Keras model in {path}", str(error), SAVE_WHOLE) from error


def _hdf5_weights(group: Any) -> Iterator[tuple[str, np.ndarray]]:
    """A layer's group is called after it, and its weights lie in the group by their names."""
    for layer in _texts(group, "layer_names"):
        for name in _texts(group[layer], "weight_names"):
            yield f"{layer}/{name.removesuffix(':0')}", np.asarray(group[layer][name], np.float32)


def _texts(group: Any, name: str) -> list[str]:
    """A list of texts among the attributes, which Keras cuts into "name0", "name1" ... where it is long."""
    parts = [group.attrs[name]] if name in group.attrs else []
    while f"{name}{len(parts)}" in group.attrs:
        parts.append(group.attrs[f"{name}{len(parts)}"])
    return [text.decode() if isinstance(text, bytes) else str(text) for part in parts for text in part]


def _read_tensorflow_js(path: Path) -> Stored:
    try:
        model = json.loads(path.read_text(encoding="utf-8"))
        topology, manifest = model["modelTopology"], model["weightsManifest"]
        weights = {name: array for group in manifest for name, array in _shards(path.parent, group)}
        return Stored(topology["model_config"], weights)
    except (OSError, KeyError, TypeError, ValueError) as error:
        got = f"{type(error).__name__}: {error}"
        raise MediaError(f"a layers model of TensorFlow.js in {path}", got, "keep its shards beside it") from error


def _shards(folder: Path, group: Mapping[str, Any]) -> Iterator[tuple[str, np.ndarray]]:
    data = b"".join((folder / Path(part).name).read_bytes() for part in group["paths"])
    start = 0
    for weight in group["weights"]:
        if weight["dtype"] != "float32" or "quantization" in weight:
            raise InvalidValue(
                "weights in float32", f"{weight['name']} in another format", "convert without quantizing"
            )
        count = int(np.prod(weight["shape"], dtype=np.int64))
        array = np.frombuffer(data, "<f4", count, start).reshape(weight["shape"])
        yield weight["name"], array.astype(np.float32)
        start += 4 * count
