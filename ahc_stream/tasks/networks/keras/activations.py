"""Keras' activations by name, on tensors whose channels are the second axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.foreign_text import shown

Activation = Callable[[Tensor], Tensor]

ACTIVATIONS: Mapping[str, Activation] = {
    "elu": F.elu,
    "gelu": F.gelu,
    "hard_swish": F.hardswish,
    "leaky_relu": lambda x: F.leaky_relu(x, 0.2),
    "linear": lambda x: x,
    "relu": F.relu,
    "relu6": F.relu6,
    "selu": F.selu,
    "sigmoid": torch.sigmoid,
    "silu": F.silu,
    "softmax": lambda x: torch.softmax(x, 1),
    "swish": F.silu,
    "tanh": torch.tanh,
}
"""Those that are the same in every version of Keras."""

HARD_SIGMOIDS: Mapping[str, Activation] = {
    "2": lambda x: (0.2 * x + 0.5).clamp(0.0, 1.0),
    "3": F.hardsigmoid,  # relu6(x + 3) / 6
}
"""Keras changed the slope of "hard_sigmoid" with its third version."""


def find(name: object, version: str) -> Activation:
    """The activation of that name in the Keras of that version, such as "2.15.0". Raises InvalidValue."""
    if name == "hard_sigmoid":
        return _hard_sigmoid(version)
    if not isinstance(name, str) or name not in ACTIVATIONS:
        known = ", ".join((*ACTIVATIONS, "hard_sigmoid"))
        raise InvalidValue(f"an activation among {known}", shown(name), "use a known activation")
    return ACTIVATIONS[name]


def _hard_sigmoid(version: str) -> Activation:
    generation = version.partition(".")[0]
    if generation not in HARD_SIGMOIDS:
        todo = "save the model again with model.save: Keras 2 and 3 compute hard_sigmoid in different ways"
        raise InvalidValue("a file of Keras 2 or 3 that says its version", shown(version), todo)
    return HARD_SIGMOIDS[generation]
