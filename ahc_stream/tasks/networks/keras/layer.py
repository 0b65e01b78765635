"""A layer of Keras as a file describes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.foreign_text import shown
from ahc_stream.tasks.networks.keras import activations
from ahc_stream.tasks.networks.keras.activations import Activation

Arrays = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Layer:
    """A layer as a file describes it: Keras' class name, its configuration, its weights by name, and the version of the
    Keras that wrote it."""

    kind: str
    config: Mapping[str, Any]
    arrays: Arrays
    version: str

    @property
    def activation(self) -> Activation:
        """What follows the layer. Raises InvalidValue."""
        return activations.find(self.config.get("activation") or "linear", self.version)

    @property
    def is_same(self) -> bool:
        """Whether it pads as TensorFlow's "same". Raises InvalidValue for a padding that is not known here."""
        padding = self.config["padding"]
        if padding not in ("same", "valid"):
            raise self.refused("padding same or valid", f"padding {shown(padding)}")
        return bool(padding == "same")

    def pair(self, name: str) -> tuple[int, int]:
        """A setting for rows and columns."""
        rows, columns = self.config[name]
        return rows, columns

    def check_axis(self, x: Tensor) -> None:
        """Raises InvalidValue for an input whose channels, its last axis in Keras, are not the axis that the layer
        names."""
        setting = self.config.get("axis", -1)
        (axis,) = setting if isinstance(setting, list | tuple) else (setting,)
        if axis not in (-1, x.ndim - 1):
            raise self.refused("the channels, the last axis,", f"axis {axis} of {x.ndim}")

    def refused(self, expected: str, got: str) -> InvalidValue:
        """The error for a layer that is not computed here."""
        return InvalidValue(expected, f"{got} in {self.config.get('name', self.kind)}", "use a plain layer instead")
