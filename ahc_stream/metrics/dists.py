"""DISTS through torchmetrics, whose package carries what DISTS trained, with VGG16 of `weights.PERCEPTUAL`.

In float32 on either device. The package's network asks torchvision for VGG16's weights when it is made, and would
download them; here it gets random ones at first, and then those of the table.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor, nn

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.errors import MissingExtra
from ahc_stream.metrics import trunks
from ahc_stream.metrics.entry import Standalone

MIN_SIDE = 16
"""Below it the deepest features have less than a pixel each."""
WEIGHT = "lpips-vgg"
_BATCH_PIXELS = 1 << 21
"""Pixels of a pair of frames that may go through at once: bounds the memory."""


@dataclass(frozen=True, eq=False)
class Dists:
    """The network on one device, for all lanes: it is only read."""

    network: nn.Module

    def __call__(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """float64 [N] of frames in 0..255."""
        if min(reference.shape[2:]) < MIN_SIDE:
            return torch.full((len(reference),), torch.nan, dtype=torch.float64, device=reference.device)
        size = batch_size(reference.device, _BATCH_PIXELS, reference.shape[2] * reference.shape[3])
        return in_fixed_batches(self._distances, size, reference, distorted)

    def _distances(self, reference: Tensor, distorted: Tensor) -> Tensor:
        distances: Tensor = self.network(_scaled(reference), _scaled(distorted))
        return distances.reshape(len(reference)).double()


def make(device: torch.device) -> Dists:
    """The measurer of `METRICS["dists"]`. Raises MissingExtra, MissingData, InvalidValue for a damaged file."""
    path = trunks.file(WEIGHT)
    arrays, network = trunks.read(path), _without_trunk()
    trunks.fill(network, arrays, path)
    return Dists(network.eval().requires_grad_(False).to(device))


DISTS = Standalone(make, weights=(WEIGHT,))


def _scaled(frames: Tensor) -> Tensor:
    return (frames.to(torch.float32) / 255).contiguous()


def _without_trunk() -> nn.Module:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the package's own imports of what is deprecated elsewhere
            from torchmetrics.functional.image import dists as package
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "dists") from error
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), _random_vgg(package):
        network: nn.Module = package.DISTSNetwork()
    return network


@contextmanager
def _random_vgg(package: Any) -> Iterator[None]:
    """While it lasts, the package gets the features of a VGG16 that nothing is downloaded for. Its classifier, which
    nobody asks for, has nine parts in ten of the numbers."""
    from torchvision.models.vgg import cfgs, make_layers

    genuine = package.vgg16
    package.vgg16 = lambda weights: SimpleNamespace(features=make_layers(cfgs["D"]))
    try:
        yield
    finally:
        package.vgg16 = genuine
