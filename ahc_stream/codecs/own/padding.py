"""To what multiples of pixels a model's pictures are padded: found by trying, for no attribute says it reliably."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from ahc_stream.core.errors import CodecError

STEP, LARGEST = 64, 1024
"""Multiples that are tried, in pixels: the model's own factor, then STEP, twice STEP ... up to LARGEST."""

Trip = Callable[[Tensor], Tensor]
"""A picture, float32 [1, 3, H, W] in 0..1 -> the same after `compress` and `decompress`."""


def find_multiple(name: str, model: nn.Module, trip: Trip, device: torch.device) -> int:
    """The least multiple at which a picture comes back in its own size.

    name:  of the model, for messages.
    Raises CodecError where none does, with what happened at the last one.
    """
    outcome = ""
    for multiple in _candidates(model):
        outcome = _outcome(trip, _picture(multiple, device))
        if not outcome:
            return multiple
    expected = f"a picture out of {name} in the size it went in, at multiples of {STEP} up to {LARGEST} pixels"
    raise CodecError(expected, outcome, "check its compress and decompress")


def _candidates(model: nn.Module) -> Iterator[int]:
    factor = getattr(model, "downsampling_factor", None)
    if isinstance(factor, int) and 0 < factor <= LARGEST:
        yield factor
    multiple = STEP
    while multiple <= LARGEST:
        yield multiple
        multiple *= 2


def _picture(multiple: int, device: torch.device) -> Tensor:
    """One and three multiples high and wide: no picture of twice the multiple, and something to code."""
    down = torch.linspace(0, 1, multiple, device=device)[:, None]
    across = torch.linspace(0, 1, 3 * multiple, device=device)[None, :]
    return torch.stack([down * across, (down + across) / 2, (1 - down) * across])[None]


def _outcome(trip: Trip, picture: Tensor) -> str:
    """What went wrong; empty where nothing did."""
    try:
        returned = trip(picture)
    except Exception as error:  # a model that cannot take a size raises whatever its layers raise
        return f"{type(error).__name__}: {error}"[:300]
    sides = f"{picture.shape[-1]} x {picture.shape[-2]}"
    same = returned.shape == picture.shape
    return "" if same else f"shape {list(returned.shape)} of a picture of {sides}"
