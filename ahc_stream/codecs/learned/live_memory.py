"""How much memory networks take: the bytes of all tensors that are alive at once, counted while a small picture goes
through. Activations grow with the pixels, so a larger picture takes as much more."""

from __future__ import annotations

import weakref
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

SIDE = 256
"""Of the picture that is tried, in pixels: what every architecture takes, and large enough that activations are more
than what does not grow, as a masked copy of weights."""

SCRATCH = 1.5
"""What convolutions take beside tensors, as a factor: oneDNN's rearranged copies. Measured 1.3 to 1.51."""


def bytes_per_pixel(run: Callable[[Tensor], None], device: torch.device) -> float:
    """The most bytes that are alive at once per pixel of a picture, the picture counted and the weights not.

    run:  takes a picture, float32 [1, 3, SIDE, SIDE], through all networks.
    """
    picture = torch.full((1, 3, SIDE, SIDE), 0.5, device=device)
    with torch.no_grad(), _LiveBytes() as live:
        run(picture)
    most: int = live.most
    return SCRATCH * (most + picture.nbytes) / SIDE**2


class _LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch gives it no types
    """most: the most bytes that tensors made within it held at once. Views share what they are views of."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # as above
        self.most = 0
        self._now = 0
        self._users: Counter[int] = Counter()

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        known = {
            tensor.untyped_storage().data_ptr() for tensor in tree_leaves((args, kwargs)) if isinstance(tensor, Tensor)
        }
        for tensor in tree_leaves(out):
            if isinstance(tensor, Tensor):
                self._count(tensor, known)
        return out

    def _count(self, tensor: Tensor, known: set[int]) -> None:
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if place in known and not self._users[place]:
            return  # a view of a weight, or of what was there before
        if not self._users[place]:
            self._now += size
            self.most = max(self.most, self._now)
        self._users[place] += 1
        weakref.finalize(tensor, self._forget, place, size)

    def _forget(self, place: int, size: int) -> None:
        self._users[place] -= 1
        if not self._users[place]:
            self._now -= size
