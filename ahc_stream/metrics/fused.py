"""The metrics that share their passes over the pixels: the statistics of each frame, then every formula over them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor

from ahc_stream.core.errors import InvalidValue, MissingExtra, UnknownName
from ahc_stream.kernels.quality import Statistics, StatisticsRequest
from ahc_stream.metrics.entry import Fused

Implementation = Callable[[Tensor, Tensor, StatisticsRequest], Statistics]


def _reference() -> Implementation:
    from ahc_stream.metrics.reference import statistics

    return statistics


def _native() -> Implementation:
    from ahc_stream.kernels.quality_cpu import statistics

    return statistics


def _triton() -> Implementation:
    try:
        from ahc_stream.kernels.quality_cuda import statistics
    except ImportError as error:
        todo = "run: pip install triton, or ask for implementation='reference', which is a hundred times slower"
        missing = "the package triton, which compiles the metrics for this device"
        raise MissingExtra(missing, str(error), todo) from error
    return statistics


IMPLEMENTATIONS: dict[str, Callable[[], Implementation]] = {
    "native": _native,
    "triton": _triton,
    "reference": _reference,
}
_AHEAD = 256  # pixels a side

BY_DEVICE = {"cpu": "native", "cuda": "triton"}
"""The tensors' device decides, and nothing else does. The reference runs on any."""


def implementation(name: str | None, device: str) -> Implementation:
    """The implementation of that name, or, of none, the compiled one of a device ("cpu", "cuda").

    Raises UnknownName, InvalidValue where that implementation does not serve the device, and MissingExtra.
    """
    if name is not None and name not in IMPLEMENTATIONS:
        raise UnknownName.among("implementation", name, IMPLEMENTATIONS)
    if name == "reference" or (device in BY_DEVICE and name in {None, BY_DEVICE[device]}):
        return IMPLEMENTATIONS[name or BY_DEVICE[device]]()
    serves = ", ".join(f"{kind} ({name_of})" for kind, name_of in BY_DEVICE.items())
    raise InvalidValue(
        f"tensors on the device of an implementation: {serves}",
        f"{name or 'no name'} for tensors on {device}",
        "move the tensors, leave the name out, or ask for implementation='reference'",
    )


def measured(
    recipes: Mapping[str, Fused], compute: Implementation, reference: Tensor, distorted: Tensor
) -> dict[str, Tensor]:
    """float64 [N] by name: one pass over the pixels, as `prepare` leaves them, for all recipes of that `prepare`."""
    values: dict[str, Tensor] = {}
    for prepare in dict.fromkeys(recipe.prepare for recipe in recipes.values()):
        alike = {name: recipe for name, recipe in recipes.items() if recipe.prepare is prepare}
        pair = prepare(reference, distorted) if prepare else (reference, distorted)
        statistics = compute(*pair, union(recipe.request for recipe in alike.values()))
        values |= {name: recipe.value(statistics) for name, recipe in alike.items()}
    return values


def compile_ahead(recipes: Mapping[str, Fused], compute: Implementation, device: torch.device) -> None:
    """Compiles what `measured` will launch on a GPU for these recipes, by measuring black frames.

    No kernel is specialised on a size, so one serves them all; this one has five scales of every metric.
    """
    frames = torch.zeros((1, 3, _AHEAD, _AHEAD), dtype=torch.uint8, device=device)
    measured(recipes, compute, frames, frames)


def union(requests: Iterable[StatisticsRequest]) -> StatisticsRequest:
    """The least that serves them all: what one pass over the pixels has to compute."""
    all_requests = tuple(requests)
    return StatisticsRequest(
        error=any(request.error for request in all_requests),
        colour=any(request.colour for request in all_requests),
        ssim_scales=max((request.ssim_scales for request in all_requests), default=0),
        vif=any(request.vif for request in all_requests),
    )
