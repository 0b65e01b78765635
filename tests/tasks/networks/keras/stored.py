"""Files of Keras models, written from a golden description: layout and configuration are Keras' own, weights are made.

Imports numpy and h5py only: tools/make_keras_golden.py runs it under Keras.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

GOLDEN = Path(__file__).resolve().parents[3] / "golden"


def read(name: str) -> dict[str, Any]:
    """A golden description: "keras" (version), "config" (or null), "layers" [[layer, [[weight, shape], ...]], ...] in
    the file's order, "input" [N, H, W, C] and the "output" that Keras gave."""
    return json.loads((GOLDEN / f"{name}.json").read_text())


def weight(name: str, shape: list[int]) -> np.ndarray:
    """float32 of that shape, the same on every machine: RandomState's stream is frozen."""
    random = np.random.RandomState(zlib.crc32(name.encode()))
    uniform = random.uniform(-1, 1, shape)
    kind = name.removesuffix(":0").rpartition("/")[2]
    if "kernel" in kind:
        fan = np.prod(shape[:-2]) if kind == "depthwise_kernel" else np.prod(shape[:-1])
        return (uniform * np.sqrt(4 / max(fan, 1))).astype(np.float32)
    return (0.2 * uniform + (kind in ("gamma", "moving_variance"))).astype(np.float32)


def picture(shape: list[int]) -> np.ndarray:
    """float32 [N, H, W, C]."""
    return np.random.RandomState(0).uniform(-2, 2, shape).astype(np.float32)


def write(path: Path, golden: Mapping[str, Any]) -> Path:
    """The HDF5 file as Keras lays it out: a whole model with a configuration, weights without."""
    with h5py.File(path, "w") as file:
        if "keras" in golden:
            file.attrs["keras_version"] = golden["keras"]
        whole = golden["config"] is not None
        if whole:
            file.attrs["model_config"] = json.dumps(golden["config"])
        group = file.create_group("model_weights") if whole else file
        group.attrs["layer_names"] = [layer.encode() for layer, _ in golden["layers"]]
        for layer, weights in golden["layers"]:
            inside = group.create_group(layer)
            inside.attrs["weight_names"] = [name.encode() for name, _ in weights]
            for name, shape in weights:
                inside[name] = weight(name, shape)
    return path
