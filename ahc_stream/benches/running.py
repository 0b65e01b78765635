"""Running benchmarks by name: rows of all parts that went well, and what the others said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module

from ahc_stream.benches.row import Row
from ahc_stream.benches.size import Size
from ahc_stream.core.errors import UnknownName
from ahc_stream.core.numeric_policy import NumericPolicy, computing_by

BENCHES = ("kernels", "entropy", "codecs", "decode", "tasks", "line")
"""From the smallest thing to the whole."""

Part = Callable[[Size], list[Row]]


@dataclass(frozen=True)
class LostPart:
    """A part without rows: its name, and why."""

    name: str
    reason: str

    def as_json(self) -> dict[str, str]:
        """As the JSON line has it."""
        return {"lost": self.name, "reason": self.reason}


def bench(name: str, size: Size) -> Iterator[Row | LostPart]:
    """Rows of one benchmark, part by part. Raises UnknownName."""
    import torch

    if name not in BENCHES:
        raise UnknownName.among("benchmark", name, BENCHES)
    parts: tuple[Part, ...] = import_module(f"ahc_stream.benches.{name}").PARTS
    for part in parts:
        try:
            with torch.no_grad(), computing_by(NumericPolicy(), size.device):
                rows = part(size)
        except Exception as error:  # a driver's, no memory, a package or weights that are not here: the row says which
            yield LostPart(f"{name}: {part.__name__}", f"{type(error).__name__}: {error}".splitlines()[0])
        else:
            yield from rows
