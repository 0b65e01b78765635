"""Checks the input, computes the statistics that fused metrics share and their formulas, and calls the other metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from ahc_stream.core.errors import InvalidValue, MissingExtra, UnknownName
from ahc_stream.kernels.quality import Statistics, Wanted
from ahc_stream.metrics.entry import Fused, Metric, Own
from ahc_stream.metrics.own import find, measurer

Implementation = Callable[[Tensor, Tensor, Wanted], Statistics]


def _reference() -> Implementation:
    from ahc_stream.metrics.reference import statistics

    return statistics


def _numba() -> Implementation:
    try:
        from ahc_stream.kernels.quality_cpu import statistics
    except ImportError as error:
        raise _missing("numba", error) from error
    return statistics


def _triton() -> Implementation:
    try:
        from ahc_stream.kernels.quality_cuda import statistics
    except ImportError as error:
        raise _missing("triton", error) from error
    return statistics


def _missing(package: str, error: ImportError) -> MissingExtra:
    todo = f"run: pip install {package}, or ask for implementation='reference', which is a hundred times slower"
    return MissingExtra(f"the package {package}, which compiles the metrics for this device", str(error), todo)


IMPLEMENTATIONS: dict[str, Callable[[], Implementation]] = {
    "numba": _numba,
    "triton": _triton,
    "reference": _reference,
}
BY_DEVICE = {"cpu": "numba", "cuda": "triton"}
"""The tensors' device decides, and nothing else does. The reference runs on any."""


@torch.no_grad()
def measure(
    reference: Tensor,
    distorted: Tensor,
    names: Iterable[str],
    implementation: str | None = None,
    consecutive: bool = False,
) -> dict[str, Tensor]:
    """The metrics `names` of each frame of `distorted` against the same frame of `reference`.

    reference, distorted:  [N, 3, H, W] RGB on one device, strided as they like, both uint8 or both float32. Floats are
                           grey levels of 0..255 as well, not 0..1; they are taken as they are, without rounding.
    implementation:        None for the compiled one of that device: numba's on the CPU, Triton's on the GPU; their
                           float32 differs from the definition by less than 1e-5 on pictures (docs/metrics.md).
                           "reference" is the definition itself, in float64, on any device. Metrics that are not fused
                           (psnr_hvs, psnr_hvs_m, lpips_alex, lpips_vgg, vmaf) have one implementation for all.
    consecutive:           the frames follow each other in a video; else each stands alone. Only vmaf heeds it.
    Returns float64 [N] on that device for each name. NaN where a metric is undefined (see its `definition`).
    Raises InvalidValue for another shape, dtype or device, UnknownName for a name that is not in METRICS,
    MissingExtra and MissingData where a package, a program or weights that a metric needs are not here.
    """
    _check(reference, distorted)
    metrics = [find(name) for name in names]
    compute = _implementation(implementation, reference.device.type)
    values = _fused(reference, distorted, [metric for metric in metrics if isinstance(metric.recipe, Fused)], compute)
    for metric in metrics:
        if isinstance(metric.recipe, Own):
            values[metric.name] = measurer(metric, reference.device)(reference, distorted, consecutive)
    return {metric.name: values[metric.name] for metric in metrics}


def _fused(reference: Tensor, distorted: Tensor, metrics: list[Metric], compute: Implementation) -> dict[str, Tensor]:
    """One pass over the pixels, as each of the metrics' `prepare` leaves them, for all metrics of that `prepare`."""
    recipes = {metric.name: metric.recipe for metric in metrics if isinstance(metric.recipe, Fused)}
    values: dict[str, Tensor] = {}
    for prepare in dict.fromkeys(recipe.prepare for recipe in recipes.values()):
        alike = {name: recipe for name, recipe in recipes.items() if recipe.prepare is prepare}
        pair = (prepare(reference), prepare(distorted)) if prepare else (reference, distorted)
        statistics = compute(*pair, union(recipe.wanted for recipe in alike.values()))
        values |= {name: recipe.value(statistics) for name, recipe in alike.items()}
    return values


def union(parts: Iterable[Wanted]) -> Wanted:
    """The least that serves them all: what one pass over the pixels has to compute."""
    parts = tuple(parts)
    return Wanted(
        error=any(part.error for part in parts),
        colour=any(part.colour for part in parts),
        ssim_scales=max((part.ssim_scales for part in parts), default=0),
        vif=any(part.vif for part in parts),
    )


def _implementation(name: str | None, device: str) -> Implementation:
    if name is not None and name not in IMPLEMENTATIONS:
        raise UnknownName.among("implementation", name, IMPLEMENTATIONS)
    if name == "reference" or (device in BY_DEVICE and name in {None, BY_DEVICE[device]}):
        return IMPLEMENTATIONS[name or BY_DEVICE[device]]()
    serves = ", ".join(f"{kind} ({compiler})" for kind, compiler in BY_DEVICE.items())
    raise InvalidValue(
        f"tensors on the device of an implementation: {serves}",
        f"{name or 'no name'} for tensors on {device}",
        "move the tensors, leave the name out, or ask for implementation='reference'",
    )


def _check(reference: Tensor, distorted: Tensor) -> None:
    for name, frames in (("reference", reference), ("distorted", distorted)):
        if not isinstance(frames, Tensor):
            raise InvalidValue(f"{name} as a torch.Tensor", type(frames).__name__, "wrap it with torch.as_tensor")
        if frames.ndim != 4 or frames.shape[1] != 3 or 0 in frames.shape:
            raise InvalidValue(
                f"{name} as [N, 3, H, W] with at least one pixel",
                f"shape {list(frames.shape)}",
                "stack RGB frames along a first axis, channels second; repeat a grey channel three times",
            )
        if frames.dtype not in (torch.uint8, torch.float32):
            raise InvalidValue(
                f"{name} as uint8, or float32 in 0..255", str(frames.dtype), "convert it with .to(torch.float32)"
            )
    _check_alike("shape", list(reference.shape), list(distorted.shape), "crop or resize one of them yourself")
    _check_alike("dtype", reference.dtype, distorted.dtype, "convert one of them")
    _check_alike("device", reference.device, distorted.device, "move one of them with .to(device)")


def _check_alike(what: str, reference: object, distorted: object, todo: str) -> None:
    if reference != distorted:
        raise InvalidValue(
            f"reference and distorted of one {what}", f"reference {reference} and distorted {distorted}", todo
        )
