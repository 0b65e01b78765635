"""Loaded networks, shared by the lanes: at inference they hold no state, and a GPU holds one copy of each in use."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import torch

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.codecs.learned.architecture import LearnedArchitecture
from ahc_stream.codecs.learned.checkpoint import locate, read
from ahc_stream.codecs.learned.entropy_models import Bottleneck, Gaussian
from ahc_stream.codecs.learned.live_memory import bytes_per_pixel
from ahc_stream.codecs.learned.points import RANDOM, metric_of, quality_of, seed_of
from ahc_stream.codecs.learned.random_weights import random_networks
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sharing import Shared

if TYPE_CHECKING:
    from compressai.models import CompressionModel


@dataclass(frozen=True, eq=False)
class Model:
    """Networks on their device, and what a stream's header says about them.

    weights:  SHA-256 of the checkpoint file in hexadecimal, or "random:SEED".
    tables:   of each entropy model, by its name within the networks, on the CPU.
    run:      takes a picture through all networks, see `LearnedArchitecture`.
    """

    network: CompressionModel
    tables: Mapping[str, Tables]
    codec: str
    quality: float
    metric: str
    weights: str
    device: torch.device
    run: Callable[[CompressionModel, torch.Tensor], None]

    @cached_property
    def bytes_per_pixel(self) -> float:
        """The memory that the networks take for each pixel of a padded picture, found by trying a small one."""
        return bytes_per_pixel(partial(self.run, self.network), self.network_device)

    @property
    def identity(self) -> dict[str, Any]:
        """What encoder and decoder must have in common, as a header's values."""
        digests = ",".join(f"{name}={tables.digest}" for name, tables in sorted(self.tables.items()))
        cdf = hashlib.sha256(digests.encode()).hexdigest()
        return {
            "model": self.codec,
            "quality": self.quality,
            "metric": self.metric,
            "weights": self.weights,
            "cdf": cdf[:16],
        }

    def bottleneck(self, name: str, coder: Coder) -> Bottleneck:
        """The entropy bottleneck of that name, with a lane's coder."""
        return Bottleneck(self.network.get_submodule(name), self.tables[name], coder)

    def gaussian(self, name: str, coder: Coder) -> Gaussian:
        """The Gaussian conditional of that name, with a lane's coder."""
        return Gaussian(self.network.get_submodule(name), self.tables[name], coder)

    def check(self, frames: torch.Tensor) -> None:
        """Frames that live where the networks do. Raises CodecError: nothing moves between devices unasked."""
        if frames.device != self.network_device:
            raise CodecError(f"frames on {self.network_device}", f"frames on {frames.device}", "make the codec there")

    @property
    def network_device(self) -> torch.device:
        """Where the weights are: `device`, with its index."""
        device: torch.device = next(self.network.parameters()).device
        return device


_loaded: Shared[Hashable, Model] = Shared(WeakValueDictionary())


def load(point: OperatingPoint, architecture: LearnedArchitecture, device: torch.device, weights: str | None) -> Model:
    """The model of a point, from memory where a codec still uses it. Thread-safe: lanes that ask at once load once.

    weights:  see `checkpoint.locate`, or "random:SEED" for random weights.
    Raises MissingData, CodecError for a file that is not a checkpoint of this architecture, InvalidValue.
    """
    seed = seed_of(weights)
    path = locate(point, weights) if seed is None else None
    file = (str(path.resolve()), path.stat().st_mtime_ns) if path else weights
    key = architecture, point.codec, quality_of(point), metric_of(point), str(device), file

    def make() -> Model:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # compressai compiles a function with torch.jit at import
            networks, digest = _networks(point, architecture, path, seed)
            architecture.tune(networks, quality_of(point))
            return _on_device(point, networks, digest, device, architecture)

    return _loaded.get(key, make, device)


def _networks(
    point: OperatingPoint, architecture: LearnedArchitecture, path: Path | None, seed: int | None
) -> tuple[CompressionModel, str]:
    """The networks of a checkpoint, or random ones of a seed, and what a header calls their weights."""
    if path is not None:
        state, digest = read(path)
        return architecture.load(point.codec, state), digest
    assert seed is not None, "weights are a file, or random"
    return random_networks(architecture, architecture.channels(quality_of(point)), seed), f"{RANDOM}{seed}"


def _on_device(
    point: OperatingPoint,
    networks: CompressionModel,
    weights: str,
    device: torch.device,
    architecture: LearnedArchitecture,
) -> Model:
    from compressai.entropy_models import EntropyModel, EntropyModelVbr

    networks = networks.to(device).eval().requires_grad_(False)
    models, modules = (EntropyModel, EntropyModelVbr), networks.named_modules()
    tables = {name: Tables.of(module) for name, module in modules if isinstance(module, models)}
    return Model(networks, tables, point.codec, quality_of(point), metric_of(point), weights, device, architecture.run)
