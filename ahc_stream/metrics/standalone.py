"""What a run needs of its metrics, found and made before it begins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch

from ahc_stream.core.errors import UnknownName
from ahc_stream.core.sharing import Shared
from ahc_stream.metrics.entry import Fused, Joint, Measurer, Metric, MetricFamily, Standalone, Temporal
from ahc_stream.metrics.fused import compile_ahead, implementation
from ahc_stream.metrics.options import with_options
from ahc_stream.metrics.table import METRICS

_measurers: Shared[tuple[str, torch.device], Measurer] = Shared()


def find(name: str) -> Metric:
    """The metric's row of the table, with options or without. Raises UnknownName, and InvalidValue for an option."""
    row = METRICS.get(name) or METRICS.get(with_options(name) or "")
    if row is None:
        raise UnknownName.among("metric", name, METRICS)
    return row


def forget(name: str) -> None:
    """Lets what measures a metric go, for another is called so from now on."""
    _measurers.forget(lambda key: key[0] == name)


def weights_needed(name: str) -> tuple[str, ...]:
    """Names in the table of weights. Raises UnknownName."""
    recipe = find(name).recipe
    return recipe.weights if isinstance(recipe, Standalone) else ()


def make_ready(names: Iterable[str], device: torch.device) -> None:
    """Makes what the metrics `names` need on `device`, so that `measure` will not lack it, nor wait for a compiler.

    Raises UnknownName, MissingExtra and MissingData.
    """
    names = tuple(names)
    if device.type == "cuda":
        recipes = {name: find(name).recipe for name in names}
        fused = {name: recipe for name, recipe in recipes.items() if isinstance(recipe, Fused)}
        if fused:
            compile_ahead(fused, implementation(None, "cuda"), device)
    require(names, device)


def require(names: Iterable[str], device: torch.device) -> None:
    """Finds the packages, programs and weights of the metrics `names`; nothing is compiled.

    Raises UnknownName, MissingExtra and MissingData.
    """
    families: dict[MetricFamily, list[Any]] = {}
    for name in names:
        recipe = find(name).recipe
        if isinstance(recipe, Standalone):
            measurer(name, recipe, torch.empty(0, device=device).device)  # "cuda" becomes the GPU that it stands for
        elif isinstance(recipe, Temporal):
            recipe.require()
        elif isinstance(recipe, Joint):
            families.setdefault(recipe.family, []).append(recipe.part)
    for family, parts in families.items():
        family.require(parts)


def measurer(name: str, recipe: Standalone, device: torch.device) -> Measurer:
    """What measures the metric `name` on `device`: made once, shared by all threads."""
    return _measurers.get((name, device), lambda: recipe.make(device), device)
