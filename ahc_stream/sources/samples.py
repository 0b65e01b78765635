"""What the samples of an image file mean: Pillow's mode says how they lie in memory, the file says what they are.

Grey of more than 8 bits: Pillow gives the numbers as they lie in the file. Their white is the largest number of the
bits that the file states, and where TIFF says that 0 is white they are turned over. PGM's numbers come already brought
to 16 bits. Signed numbers, 32 bits and floating point are refused: nothing says what their black and white are.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.errors import MediaError

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

_WIDE_GREY = frozenset({"I;16", "I;16L", "I;16B", "I;16N"})
_BITS, _PHOTOMETRIC, _SAMPLE_FORMAT = 258, 262, 339  # TIFF 6.0
_WHITE_IS_ZERO, _UNSIGNED = 0, 1
_WHITE_16 = 65_535


def rgb_of(image: ImageFile, name: object) -> NDArray[np.uint8]:
    """uint8 [H, W, 3] of an opened image, as stored. Raises MediaError for samples without a known black and white."""
    _check_format(image, name)
    if image.mode in _WIDE_GREY:
        return _grey(np.asarray(image), _white_of(image), image)
    if image.mode == "I" and image.format == "PPM":
        return _grey(np.asarray(image), _WHITE_16, image)
    if image.mode in ("I", "F"):
        raise MediaError(f"8 or 16 bits per sample in {name}", f"mode {image.mode}", "convert it to 8 bits")
    _mend_transparency(image, name)
    opaque = _over_black(image)
    opaque.load()
    return np.asarray(opaque if opaque.mode == "RGB" else opaque.convert("RGB"))


def sample_notes(image: ImageFile, path: Path) -> Iterator[str]:
    """What is said of an image's samples. Read before its pixels are: loading forgets how they were packed."""
    if getattr(image, "is_animated", False):
        yield "it has several frames or pages: the first one was taken"
    if _raw_mode(image).startswith(("RGB;16", "RGBX;16", "RGBA;16", "RGBa;16", "CMYK;16", "LA;16")):
        yield "16 bits per sample: of colour the upper 8 are taken"
    if image.mode == "CMYK":
        yield "CMYK is converted by formula, profiles are not applied"
    if _has_foreign_profile(image):
        yield "its colour profile is not sRGB and is not applied: samples are as stored"
    transfer = _transfer(path)
    if transfer is not None:
        yield f"its transfer is {transfer}: samples are as coded, no tone is mapped"


def _check_format(image: ImageFile, name: object) -> None:
    formats = _tiff(image, _SAMPLE_FORMAT, (_UNSIGNED,))
    if any(number != _UNSIGNED for number in formats) and image.mode not in ("I", "F"):
        raise MediaError(f"unsigned samples in {name}", f"TIFF sample format {formats}", "convert it to 8 bits")


def _white_of(image: ImageFile) -> int:
    bits = _tiff(image, _BITS, (16,))[0]
    return (1 << int(bits)) - 1


def _grey(samples: NDArray[Any], white: int, image: ImageFile) -> NDArray[np.uint8]:
    """Grey numbers with 0 for black, unless TIFF says otherwise, on the scale of 0..255, repeated three times."""
    levels = np.rint(np.minimum(samples, white) * (255 / white)).astype(np.uint8)
    if _tiff(image, _PHOTOMETRIC, (1,))[0] == _WHITE_IS_ZERO:
        levels = 255 - levels
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        levels[samples == transparent] = 0
    return np.repeat(levels[..., None], 3, axis=2)


def _mend_transparency(image: ImageFile, name: object) -> None:
    """PNG names its transparent level on the scale of the file; Pillow compares it with levels of 0..255."""
    transparent = image.info.get("transparency")
    if image.format != "PNG" or transparent is None:
        return
    raw_mode = _raw_mode(image)
    if raw_mode in ("L;2", "L;4") and isinstance(transparent, int):
        image.info["transparency"] = transparent * (255 // (2 ** int(raw_mode[-1]) - 1))
    if raw_mode == "RGB;16B":
        expected = f"8 bits per sample beside a transparent colour in {name}"
        raise MediaError(expected, "16 bits, of which Pillow compares the upper 8", "convert it to 8 bits or RGBA")


def _over_black(image: ImageFile) -> Image:
    from PIL import Image as images

    if not image.has_transparency_data:
        return image
    black = images.new("RGBA", image.size, (0, 0, 0, 255))
    straight = image.convert("LA") if image.mode == "La" else image  # Pillow has no single step from La to RGBA
    return images.alpha_composite(black, straight.convert("RGBA"))


def _raw_mode(image: ImageFile) -> str:
    """How the pixels are packed, of an image that is not loaded yet."""
    for tile in image.tile:
        arguments = tile[3]
        first = arguments[0] if isinstance(arguments, tuple) and arguments else arguments
        if isinstance(first, str):
            return first
    return ""


def _tiff(image: ImageFile, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of a TIFF tag; of other files, and where the tag is not there, the default."""
    tags = getattr(image, "tag_v2", {}) if image.format == "TIFF" else {}
    value = tags.get(tag, default)
    return value if isinstance(value, tuple) else (value,)


def _has_foreign_profile(image: ImageFile) -> bool:
    """Whether a colour profile is there that does not call itself sRGB, in 8-bit or in 16-bit characters."""
    profile = image.info.get("icc_profile")
    return isinstance(profile, bytes) and b"sRGB" not in profile.replace(b"\0", b"")


def _transfer(path: Path) -> str | None:
    """PQ or HLG, where a PNG or an AVIF says so in its head; nobody else can."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    png, avif = head.find(b"cICP"), head.find(b"colrnclx")
    if head.startswith(b"\x89PNG") and 0 < png < len(head) - 6:
        return _HDR_TRANSFERS.get(head[png + 5])
    if avif > 0:
        return _HDR_TRANSFERS.get(int.from_bytes(head[avif + 10 : avif + 12], "big"))
    return None


_HEAD_BYTES = 64 * 1024
_HDR_TRANSFERS = {16: "PQ", 18: "HLG"}  # Rec. ITU-T H.273, TransferCharacteristics
