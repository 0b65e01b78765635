"""Edge maps as PNG, one grey image per frame, bright where an edge is likely; and annotators' boundaries as bits."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.errors import MediaError


def encode(values: NDArray[np.uint8]) -> bytes:
    """The PNG of uint8 [H, W]."""
    import imagecodecs

    # Higher levels make it a tenth smaller at half the speed.
    return bytes(imagecodecs.png_encode(np.ascontiguousarray(values), level=1))


def decode(png: bytes, name: str) -> NDArray[np.float64]:
    """float64 [H, W] in [0, 1] of an image file's bytes: grey of 1, 8 or 16 bits, or colours that are all grey.

    `name` is what errors call it. Raises MediaError: no image, colours, transparency, or numbers without a white.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(png)) as image:
            if image.mode.startswith("I;16"):
                return np.asarray(image).astype(np.float64) / 65535
            if image.mode == "L" and not image.has_transparency_data:
                return np.asarray(image).astype(np.float64) / 255
            if image.mode in ("I", "F"):
                raise _unusable(name, f"mode {image.mode}, whose white is not known")
            pixels = np.asarray(image.convert("RGBA"))
    # What Pillow raises for damaged files; and where a host program imported ultralytics, its Image.open wants pi_heif
    # for every file that Pillow cannot identify: ImportError.
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        ImportError,
        Image.DecompressionBombError,
    ) as error:
        raise _unusable(name, str(error)) from error
    red, green, blue, opacity = np.moveaxis(pixels, -1, 0)
    if not (np.array_equal(red, green) and np.array_equal(red, blue)):
        raise _unusable(name, "colours")
    if opacity.min() < 255:
        raise _unusable(name, "transparent pixels")
    grey: NDArray[np.float64] = red.astype(np.float64) / 255
    return grey


def boundary(label: Mapping[str, Any]) -> NDArray[np.bool_]:
    """bool [H, W] of a row of `core.labels.BOUNDARIES`: where one annotator drew."""
    height, width = label["height"], label["width"]
    bits = np.frombuffer(label["boundary"], np.uint8)
    return np.unpackbits(bits, count=height * width).reshape(height, width).view(np.bool_)


def _unusable(name: str, got: str) -> MediaError:
    return MediaError(f"a grey edge map in {name}", got, "write the probability of an edge as 8-bit grey PNG")
