"""Metrics beside the fused pass: what a run needs of them is found and made before it begins."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

import torch

from ahc_stream.core.errors import UnknownName
from ahc_stream.metrics.entry import Measurer, Metric, Own, Temporal
from ahc_stream.metrics.table import METRICS

_made: dict[tuple[str, torch.device], Measurer] = {}
_making = Lock()


def find(name: str) -> Metric:
    """The metric's row of the table. Raises UnknownName."""
    if name not in METRICS:
        raise UnknownName.among("metric", name, METRICS)
    return METRICS[name]


def weights_needed(name: str) -> tuple[str, ...]:
    """Names in the table of weights. Raises UnknownName."""
    recipe = find(name).recipe
    return recipe.weights if isinstance(recipe, Own) else ()


def make_ready(names: Iterable[str], device: torch.device) -> None:
    """Makes what the metrics `names` need on `device` beside the fused pass, so that `measure` will not lack it.

    Raises UnknownName, MissingExtra and MissingData.
    """
    for metric in map(find, names):
        if isinstance(metric.recipe, Own):
            measurer(metric, torch.empty(0, device=device).device)  # "cuda" becomes the GPU that it stands for
        elif isinstance(metric.recipe, Temporal):
            metric.recipe.require()


def measurer(metric: Metric, device: torch.device) -> Measurer:
    """What measures a metric of an `Own` recipe on `device`: made once, shared by all threads."""
    assert isinstance(metric.recipe, Own), "fused metrics and those with a memory have no measurer"
    with _making:
        if (metric.name, device) not in _made:
            _made[metric.name, device] = metric.recipe.make(device)
        return _made[metric.name, device]
