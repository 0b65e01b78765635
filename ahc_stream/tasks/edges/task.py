"""Edges: the probability of an edge at each pixel, by HED or by Canny, on the clip's device."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.clip import Clip
from ahc_stream.tasks.edges import canny, hed
from ahc_stream.tasks.edges import maps as edge_maps
from ahc_stream.tasks.edges import score as edges_score
from ahc_stream.tasks.networks.backends import runner
from ahc_stream.tasks.networks.weight_file import weight_file

_BATCH_PIXELS = 16 * 481 * 321
"""Pixels that may go through the network at once: bounds the memory (about 1 KB each), whatever the frames' size."""

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Edges:
    """The task `edges`; its options are explained in the table of tasks.

    detect:    uint8 [N, 3, H, W] -> float32 [N, H, W] in [0, 1].
    suppress:  whether the map is soft across its edges; goes into each row.
    """

    detect: Callable[[Tensor], Tensor]
    suppress: bool
    name: str = "edges"
    schema: pa.Schema = edges_score.EDGES

    def predict(self, clip: Clip) -> Sequence[Sequence[Row]]:
        """One row per frame: its edge map in 256 steps as PNG."""
        size = batch_size(clip.device, _BATCH_PIXELS, clip.height * clip.width)
        maps = in_fixed_batches(self._steps, size, clip.frames).cpu()
        return [[self._row(values)] for values in maps]

    def _steps(self, frames: Tensor) -> Tensor:
        """uint8 [N, 3, H, W] -> uint8 [N, H, W], the map in 256 steps."""
        return self.detect(frames).mul(255).round().byte()

    def _row(self, values: Tensor) -> Row:
        return {"edges": edge_maps.encode(values.numpy()), "suppress": self.suppress}


@dataclass(frozen=True)
class Canny:
    """Canny's detector at one pair of thresholds, or, with `high` 0, at all of them.

    sigma:  of the Gaussian before it, in pixels; 0: none.
    share:  the low threshold over the high one.
    high:   the high threshold, a gradient as Sobel's kernel counts it: edges are 1, all else 0. With 0 a pixel has the
            square root of the highest threshold at which it is an edge, over the gradient of a step from black to white
            behind the same Gaussian. The root spreads the weak edges, which are most, over the 256 steps of a map.
    """

    sigma: float
    share: float
    high: float

    def __call__(self, frames: Tensor) -> Tensor:
        ridge = canny.ridges(canny.smooth(frames.flip(1).float(), self.sigma))
        if self.high > 0:
            return canny.edges_between(ridge, self.share * self.high, self.high).float()
        return (canny.strength(ridge, self.share) / canny.white(self.sigma)).sqrt().clamp(max=1)


def make(options: Mapping[str, str], device: torch.device) -> Edges:
    """The task with its network on `device`. Raises MissingData without the weights, MissingExtra, InvalidValue."""
    is_hed = options["detector"] == "hed"
    suppress = is_hed if options["nms"] == "auto" else options["nms"] == "on"
    if is_hed:
        network = hed.load(weight_file(options["model"], "HED"), device)
        return Edges(runner(network, options["backend"]), suppress)
    share, high = float(options["low"]), float(options["high"])
    return Edges(Canny(float(options["sigma"]), share, high), suppress)
