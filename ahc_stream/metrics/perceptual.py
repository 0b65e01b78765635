"""LPIPS through its own package, in float32 on either device, with the trunks of `weights.PERCEPTUAL`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.errors import MissingExtra
from ahc_stream.metrics import trunks
from ahc_stream.metrics.entry import Standalone


@dataclass(frozen=True, eq=False)
class Lpips:
    """One network on one device, for all lanes: it is only read.

    batch_pixels:  pixels of a pair of frames that may go through at once: bounds the memory.
    min_side:      below it a layer has no pixel.
    """

    network: nn.Module
    batch_pixels: int
    min_side: int

    def __call__(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """float64 [N] of frames in 0..255."""
        if min(reference.shape[2:]) < self.min_side:
            return torch.full((len(reference),), torch.nan, dtype=torch.float64, device=reference.device)
        size = batch_size(reference.device, self.batch_pixels, reference.shape[2] * reference.shape[3])
        return in_fixed_batches(self._distances, size, reference, distorted)

    def _distances(self, reference: Tensor, distorted: Tensor) -> Tensor:
        distances: Tensor = self.network(_scaled(reference), _scaled(distorted))
        return distances.flatten().double()


def alex(device: torch.device) -> Lpips:
    """The measurer of `METRICS["lpips_alex"]`. Raises MissingExtra, MissingData, InvalidValue for a damaged file."""
    return Lpips(_network("alex", trunks.file("lpips-alex"), device), batch_pixels=1 << 24, min_side=31)


def vgg(device: torch.device) -> Lpips:
    """The measurer of `METRICS["lpips_vgg"]`. Raises MissingExtra, MissingData, InvalidValue for a damaged file."""
    return Lpips(_network("vgg", trunks.file("lpips-vgg"), device), batch_pixels=1 << 21, min_side=16)


LPIPS_ALEX = Standalone(alex, weights=("lpips-alex",))
LPIPS_VGG = Standalone(vgg, weights=("lpips-vgg",))


def _scaled(frames: Tensor) -> Tensor:
    return (frames.to(torch.float32) / 127.5 - 1).contiguous()


def _network(trunk: str, path: Path, device: torch.device) -> nn.Module:
    """The package's model, whose own file has the layers that LPIPS adds, with the trunk at `path`."""
    arrays = trunks.read(path)
    network: nn.Module = _without_trunk(trunk)
    trunks.fill(network.get_submodule("net"), arrays, path)
    return network.requires_grad_(False).to(device)


def _without_trunk(trunk: str) -> Any:
    """lpips.LPIPS with random numbers for a trunk, so that nothing is downloaded, and no random state is used up."""
    try:
        import lpips
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "lpips") from error
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # it calls torchvision by names that are deprecated
        return lpips.LPIPS(net=trunk, pnet_rand=True, verbose=False)
