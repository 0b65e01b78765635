"""Codecs as objects: what an operating point needs, and `make`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch

from ahc_stream.codecs.entropy.coders import coder
from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.learned import points
from ahc_stream.codecs.learned.checkpoint import locate
from ahc_stream.codecs.own import objects
from ahc_stream.codecs.own.code import NAMED
from ahc_stream.codecs.own.objects import bring
from ahc_stream.codecs.point_weights import file_point
from ahc_stream.codecs.registry import complete, find
from ahc_stream.core.extras import missing_extra
from ahc_stream.core.loading import load
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec

__all__ = ["bring", "code_digests", "make", "require", "try_out", "weight_overrides"]


def make(point: OperatingPoint, device: torch.device, weights: str | None = None, entropy: str = "native") -> AnyCodec:
    """A codec object for one lane, whose frames live on `device`.

    point:    missing options get their defaults, so `codec.point` may say more than `point`.
    weights:  of codecs of networks: a checkpoint's path or the name of a table of weights; the others ignore it.
    entropy:  for learned codecs: "native" or "compressai", the range coder. Both write the same bytes.
    Raises MissingExtra where a package of the codec's extra is not here.
    """
    entry, completed = find(point.codec), complete(point)
    _require_packages(entry)
    maker = load(entry.maker)
    codec: AnyCodec
    if entry.family == "traditional":
        codec = maker(completed, device)
    else:
        codec = maker(_as_in_rows(point, completed, weights), device, weights, coder(entropy))
    return codec


def require(point: OperatingPoint) -> None:
    """Raises MissingExtra where a package of the codec's extra is not here, or the program that encodes for it."""
    entry = find(point.codec)
    _require_packages(entry)
    if entry.encoder_program:
        load(entry.encoder_program)(point)


def _require_packages(entry: CodecEntry) -> None:
    lacking = missing_extra(entry.extra)
    if lacking is not None:
        raise lacking


def _as_in_rows(point: OperatingPoint, completed: OperatingPoint, weights: str | None) -> OperatingPoint:
    """With the label that the point has, or that its weights give it."""
    label = dict(point.options).get(points.WEIGHTS)
    return points.labelled(completed, weights if label is None else label)


def weight_overrides(point: OperatingPoint, weights: str | None) -> dict[str, Path]:
    """The file that `make` would load in place of the published weights, by a name that tells it from theirs.

    point:  as rows have it. Empty for published weights and for random ones. Raises MissingData.
    """
    if find(point.codec).family == "traditional" or weights is None or points.seed_of(weights) is not None:
        return {}
    label = dict(point.options).get(points.WEIGHTS, Path(weights).name)
    name = point.codec if point.quality is None else points.checkpoint_name(point)
    return {f"{name}:{label}": locate(file_point(point), weights)}


def try_out(point: OperatingPoint, device: torch.device, weights: str | None) -> None:
    """Makes a codec of a user's own, or one that needs an extra, once, so that what is wrong with it is said before the
    run begins. Raises what `make` raises."""
    entry = find(point.codec)
    if entry.family == "own" or entry.extra:
        make(point, device, weights)


def code_digests(points: Iterable[OperatingPoint]) -> dict[str, str]:
    """Codec -> SHA-256 of the user's own code, or file of command lines, that its rows depend on; none of code without
    a source file."""
    digests = {
        point.codec: NAMED[point.codec].digest if point.codec in NAMED else objects.digest(point)
        for point in points
        if point.codec in NAMED or point in objects.BROUGHT
    }
    return {name: digest for name, digest in digests.items() if digest is not None}
