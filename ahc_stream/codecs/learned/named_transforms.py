"""The option that names the arithmetic of an image codec's transforms: see `image_transforms`."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.codecs.entry import PointRequest
from ahc_stream.core.point import OperatingPoint

TRANSFORMS = "transforms"
"""What an operating point and a header call it."""

COMPRESSAI = "compressai"
"""Theirs where nothing is named."""


def settle_transforms(request: PointRequest) -> Mapping[str, str]:
    """CompressAI's transforms are not named, so rows and files are what they were before there were others."""
    unnamed = request.values[TRANSFORMS] == COMPRESSAI
    return {name: value for name, value in request.values.items() if not (unnamed and name == TRANSFORMS)}


def transforms_of(point: OperatingPoint) -> str:
    """The arithmetic of an image codec's transforms."""
    return dict(point.options).get(TRANSFORMS, COMPRESSAI)
