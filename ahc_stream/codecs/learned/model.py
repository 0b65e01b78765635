"""Loaded networks, shared by the lanes: at inference they hold no state, and a GPU holds one copy of each in use."""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import torch

from ahc_stream.codecs.entropy.coder import Coder, Tables
from ahc_stream.codecs.learned.points import RANDOM, metric_of, quality_of, seed_of
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint

if TYPE_CHECKING:
    from compressai.models import CompressionModel

    from ahc_stream.codecs.learned.priors import Bottleneck, Gaussian


@dataclass(frozen=True, eq=False)
class Model:
    """A network on its device, and what a stream's header says about it.

    weights:  SHA-256 of the checkpoint file in hexadecimal, or "random:SEED".
    tables:   of each entropy model, by its name within the network, on the CPU.
    """

    network: CompressionModel
    tables: Mapping[str, Tables]
    codec: str
    quality: int
    metric: str
    weights: str
    device: torch.device

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
        from ahc_stream.codecs.learned.priors import Bottleneck

        return Bottleneck(self.network.get_submodule(name), self.tables[name], coder)

    def gaussian(self, name: str, coder: Coder) -> Gaussian:
        """The Gaussian conditional of that name, with a lane's coder."""
        from ahc_stream.codecs.learned.priors import Gaussian

        return Gaussian(self.network.get_submodule(name), self.tables[name], coder)

    def check(self, frames: torch.Tensor) -> None:
        """Frames that live where the network does. Raises CodecError: nothing moves between devices unasked."""
        if frames.device != self.network_device:
            raise CodecError(f"frames on {self.network_device}", f"frames on {frames.device}", "make the codec there")

    @property
    def network_device(self) -> torch.device:
        """Where the weights are: `device`, with its index."""
        return next(self.network.parameters()).device


_loaded: WeakValueDictionary[Hashable, Model] = WeakValueDictionary()
_lock = threading.Lock()


def load(point: OperatingPoint, device: torch.device, weights: str | None) -> Model:
    """The model of a point, from memory where a codec still uses it. Thread-safe: lanes that ask at once load once.

    weights:  see `checkpoint.locate`, or "random:SEED" for random weights.
    Raises MissingData, CodecError for a file that is not a checkpoint of this architecture, InvalidValue.
    """
    with _lock, warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
        warnings.simplefilter("ignore", FutureWarning)  # compressai compiles a function with torch.jit at import
        key, path = _key(point, device, weights)
        model = _loaded.get(key)
        if model is None:
            model = _loaded[key] = _load(point, device, path, seed_of(weights))
        return model


def _key(point: OperatingPoint, device: torch.device, weights: str | None) -> tuple[Hashable, Any]:
    from ahc_stream.codecs.learned.checkpoint import locate

    what = point.codec, quality_of(point), metric_of(point), str(device)
    if seed_of(weights) is not None:
        return (*what, weights), None
    path = locate(point, weights)
    return (*what, str(path.resolve()), path.stat().st_mtime_ns), path


def _load(point: OperatingPoint, device: torch.device, path: Any, seed: int | None) -> Model:
    from ahc_stream.codecs.learned.checkpoint import build, default_widths, read
    from ahc_stream.codecs.learned.randomised import random_model

    if seed is not None:
        widths = default_widths(point.codec, quality_of(point))
        network, digest = random_model(point.codec, widths, seed), f"{RANDOM}{seed}"
    else:
        state, digest = read(path)
        network = build(point.codec, state)
    network = network.to(device).eval().requires_grad_(False)
    return Model(network, _tables(network), point.codec, quality_of(point), metric_of(point), digest, device)


def _tables(network: CompressionModel) -> dict[str, Tables]:
    from compressai.entropy_models import EntropyModel

    return {name: Tables.of(module) for name, module in network.named_modules() if isinstance(module, EntropyModel)}
