"""Codecs as objects: what an operating point needs, and `make`."""

from __future__ import annotations

from pathlib import Path

import torch

from ahc_stream.codecs.entropy.coders import coder
from ahc_stream.codecs.learned import points
from ahc_stream.codecs.learned.checkpoint import locate
from ahc_stream.codecs.registry import complete, find, labelled
from ahc_stream.core.loading import load
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec


def make(point: OperatingPoint, device: torch.device, weights: str | None = None, entropy: str = "native") -> AnyCodec:
    """A codec object for one lane, whose frames live on `device`.

    point:    missing options get their defaults, so `codec.point` may say more than `point`.
    weights:  for learned codecs: a checkpoint's path or the name of a table of weights; the others ignore it.
    entropy:  for learned codecs: "native" or "compressai", the range coder. Both write the same bytes.
    """
    entry, completed = find(point.codec), complete(point)
    maker = load(entry.maker)
    codec: AnyCodec
    if entry.family == "traditional":
        codec = maker(completed, device)
    else:
        codec = maker(labelled(completed, weights), device, weights, coder(entropy))
    return codec


def weight_overrides(point: OperatingPoint, weights: str | None) -> dict[str, Path]:
    """The file that `make` would load in place of the published weights, by a name that tells it from theirs.

    Empty for a traditional codec, for published weights and for random ones. Raises MissingData.
    """
    if find(point.codec).family == "traditional" or weights is None or points.seed_of(weights) is not None:
        return {}
    return {f"{points.checkpoint_name(point)}:{Path(weights).name}": locate(point, weights)}
