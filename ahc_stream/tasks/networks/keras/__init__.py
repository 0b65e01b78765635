"""Keras models without Keras: what a file describes is rebuilt in torch, layer by layer, and runs on any device.

`files` reads a file, `nodes` turns its description into a list of layers, `layers` and `weighted` know what each layer
computes and `activations` what follows it, `densenet` describes a DenseNet where a file holds weights only, `graph` is
the torch module.
"""

from __future__ import annotations

from pathlib import Path

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks.keras import densenet, files, nodes
from ahc_stream.tasks.networks.keras.graph import Graph

__all__ = ["Graph", "load"]


def load(path: Path) -> Graph:
    """The model of an `.h5` file (whole model, or the weights of a DenseNet) or of a TensorFlow.js `model.json`, in
    eval mode on the CPU. Nothing of the file is run: it chooses among known layers.

    Raises MediaError (no such file in it), MissingExtra without h5py, and InvalidValue for what is not known here: a
    layer, a form of file, weights that do not fit.
    """
    stored = files.read(path)
    try:
        described = densenet.describe(stored) if stored.config is None else nodes.flatten(stored.config)
        return Graph(described, nodes.by_layer(described, stored.weights), stored.version).eval()
    except InvalidValue as error:
        raise InvalidValue(error.expected, f"{error.got} in {path}", error.todo) from error
