"""Edge maps as PNG: one grey image per frame, bright where an edge is likely."""

from __future__ import annotations

import io

import numpy as np

from ahc_stream.core.errors import MediaError


def encode(values: np.ndarray) -> bytes:
    """The PNG of uint8 [H, W]."""
    import imagecodecs

    return imagecodecs.png_encode(
        np.ascontiguousarray(values), level=1
    )  # higher levels: a tenth smaller, half as quick


def decode(png: bytes, name: str) -> np.ndarray:
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
    # What Pillow raises for damaged files; and where ultralytics was imported, its Image.open wants pi_heif for every
    # file that Pillow cannot identify: ImportError.
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
    return red.astype(np.float64) / 255


def _unusable(name: str, got: str) -> MediaError:
    return MediaError(f"a grey edge map in {name}", got, "write the probability of an edge as 8-bit grey PNG")
