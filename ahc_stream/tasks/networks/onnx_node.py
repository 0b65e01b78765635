"""One operator of an ONNX graph, which knows which of its attributes were read.

What turns a node into a function reads every attribute that the node has, or says that it changes nothing. What is left
over then would have been ignored, and is an error when the network is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from ahc_stream.core.errors import InvalidValue


class OnnxNode:
    """One operator: its name in ONNX, names of its inputs (empty: left out), and the version of the operators."""

    def __init__(
        self,
        kind: str,
        attributes: Mapping[str, Any],
        inputs: Sequence[str],
        constants: Mapping[str, NDArray[Any]],
        opset: int,
    ) -> None:
        """attributes: by name, texts as str. constants: arrays of the whole network by name."""
        self.kind, self.opset = kind, opset
        self._attributes, self._inputs, self._constants = dict(attributes), inputs, constants
        self._unread = set(attributes)

    @property
    def unread(self) -> list[str]:
        """The attributes that nothing has asked for."""
        return sorted(self._unread)

    def attribute(self, name: str, default: Any = None) -> Any:
        """The value of an attribute, or the default that the standard gives it."""
        self._unread.discard(name)
        return self._attributes.get(name, default)

    def required(self, name: str) -> Any:
        """The value of an attribute without a default. Raises InvalidValue where it is left out."""
        value = self.attribute(name)
        if value is None:
            raise self.refused(f"no {name}")
        return value

    def expect(self, name: str, *values: Any) -> None:
        """Raises InvalidValue for an attribute that is there with another value than those that are computed here."""
        value = self.attribute(name, values[0])
        if value not in values:
            raise self.refused(f"{name}={value}")

    def without_effect(self, *names: str) -> None:
        """Takes note that these attributes change nothing here."""
        self._unread.difference_update(names)

    def pair(self, name: str, default: int) -> list[int]:
        """An attribute for rows and columns. Raises InvalidValue for another number of axes."""
        values = list(self.attribute(name, (default, default)))
        if len(values) != 2:
            raise self.refused(f"{name}={values}")
        return values

    def constant(self, place: int) -> NDArray[Any] | None:
        """The value of an input that must be a constant; None where it is left out. Raises InvalidValue."""
        name = self._inputs[place] if place < len(self._inputs) else ""
        if name and name not in self._constants:
            raise self.refused(f"an input {place} that is computed")
        return self._constants[name] if name else None

    def axes(self) -> list[int] | None:
        """The axes that it acts on, which older operators have as an attribute, newer ones as their second input."""
        attribute = self.attribute("axes")
        if attribute is not None:
            return list(attribute)
        constant = self.constant(1)
        return None if constant is None else [int(axis) for axis in constant]

    def refused(self, what: str) -> InvalidValue:
        """The error for what is not computed here."""
        expected = f"a network of operators that run here ({self.kind})"
        return InvalidValue(expected, what, "take one of the named models")
