"""What pairs of frames must be before a metric sees them."""

from __future__ import annotations

import torch
from torch import Tensor

from ahc_stream.core.errors import InvalidValue


def check_pair(reference: Tensor, distorted: Tensor) -> None:
    """Raises InvalidValue unless both are [N, 3, H, W] of one shape, dtype (uint8 or float32) and device."""
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
