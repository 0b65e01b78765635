"""Single decoded frames. Nothing here needs torch, so that a process of its own can decode and start quickly."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.clip import FrameKey
from ahc_stream.core.errors import MediaError, MissingData


class Frame(NamedTuple):
    """One decoded frame: its key, its presentation time, and uint8 [3, H, W] RGB on the CPU."""

    key: FrameKey
    seconds: float
    planes: NDArray[np.uint8]


class BrokenStill(NamedTuple):
    """Stands in the place of a still that cannot be opened: the item's name of it, and the error that says why."""

    name: str
    error: MediaError | MissingData
