"""Metrics that a user brings: a row of the table, or a function of two pictures."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from ahc_stream.core.digests import of_source
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.named_code import load_code, names_code
from ahc_stream.core.plugins import plugins
from ahc_stream.metrics.entry import Measurer, Metric, Standalone
from ahc_stream.metrics.options import with_options
from ahc_stream.metrics.standalone import forget
from ahc_stream.metrics.table import BUILT_IN, METRICS

_TODO = "see docs/recipes/metric.md and examples/own_metric.py"

_brought: dict[str, tuple[Any, str | None]] = {}
"""Name -> what a user brought, and the digest of its code."""


def named(metric: object) -> str:
    """The name in the table of what a user asks for: a name, with options or without, `file.py:name`, a plug-in, a row
    or a function.

    Code is run here, because somebody named it. Raises what `load_code` raises, and InvalidValue for what is no metric
    or has a name that is taken.
    """
    if not isinstance(metric, str):
        return bring(metric, of_source([metric]))
    if names_code(metric):
        code = load_code(metric)
        return bring(code.target, code.digest)
    if settled := with_options(metric):
        return settled
    plugin = plugins("metrics", BUILT_IN).get(metric)
    if plugin is not None and metric not in METRICS:
        target = plugin.load()
        name = bring(target, of_source([target]))
        if name != metric:
            raise InvalidValue(f"the metric {metric} from {plugin.package}", name, "report it to that package")
    return metric


def bring(target: object, digest: str | None) -> str:
    """Puts a row or a function into the table, and returns its name."""
    row = target if isinstance(target, Metric) else _row(target)
    known = _brought.get(row.name)
    if known is None and row.name in METRICS:
        raise InvalidValue("a metric's name that is not taken", repr(row.name), "rename it")
    if known is None or known[0] is not target:
        METRICS[row.name] = row
        _brought[row.name] = target, digest
        forget(row.name)
    return row.name


def code_digests(names: Iterable[str]) -> dict[str, str]:
    """ "metric NAME" -> SHA-256 of a user's own code and of the definition that its rows depend on; of code without a
    source file it is left out."""
    digests = {}
    for name in names:
        _, digest = _brought.get(name, (None, None))
        if digest is not None:
            digests[f"metric {name}"] = hashlib.sha256(f"{digest}\0{METRICS[name].definition}".encode()).hexdigest()
    return digests


def _row(target: object) -> Metric:
    """The row of a function, as its name, its docstring and its attributes have it."""
    if not callable(target) or isinstance(target, type):
        raise InvalidValue("a metric: a function of two pictures, or a Metric", shown(target), _TODO)
    name = getattr(target, "__name__", type(target).__name__)
    higher_is_better = getattr(target, "higher_is_better", None)
    if not isinstance(higher_is_better, bool):
        todo = f"write {name}.higher_is_better = True below it, or False"
        raise InvalidValue(f"a direction of the metric {name}", "none", todo)
    definition = " ".join((target.__doc__ or f"{name}, a user's own").split())
    return Metric(
        name=name,
        label=getattr(target, "label", name.replace("_", " ")),
        unit=getattr(target, "unit", "1"),
        decimals=getattr(target, "decimals", 4),
        definition=definition,
        higher_is_better=higher_is_better,
        computation=Standalone(lambda device: _frame_by_frame(name, target)),
    )


def _frame_by_frame(name: str, function: Callable[[Tensor, Tensor], Any]) -> Measurer:
    """Each pair of pictures by itself: how frames were cut into clips cannot show in a value."""

    def measure(reference: Tensor, distorted: Tensor) -> Tensor:
        values = [function(reference[i : i + 1], distorted[i : i + 1]) for i in range(len(reference))]
        return torch.stack([_value(name, value, reference.device) for value in values])

    return measure


def _value(name: str, value: Any, device: torch.device) -> Tensor:
    try:
        return torch.as_tensor(value, dtype=torch.float64, device=device).reshape(())
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidValue(
            f"one number out of the metric {name} for a pair of pictures", shown(value), _TODO
        ) from error
