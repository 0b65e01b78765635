"""The still image formats: how each is called. Most are imagecodecs'.

Formats keep what a file of theirs needs to be decoded: JPEG, WebP, AVIF, HEIC and PNG their file headers, JPEG 2000 of
both sorts and JPEG XL the bare codestream. All of it counts as payload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ahc_stream.codecs.traditional.heic import decode_heic, encode_heic
from ahc_stream.codecs.traditional.jpeg import encode_jpeg, encode_jpegli, encode_mozjpeg
from ahc_stream.codecs.traditional.pixels import Samples
from ahc_stream.codecs.traditional.still_sizes import CheckSize, check_avif, check_jpeg2000

Encode = Callable[[Samples, float, Mapping[str, str]], bytes | bytearray]
Decode = Callable[[bytes, Samples], None]


@dataclass(frozen=True)
class StillFormat:
    """encode: (uint8 [H, W, 3], quality, options) -> bytes; decode: bytes into uint8 [H, W, 3]. A format without a
    quality gets 0.

    `encode` raises what imagecodecs raises, RuntimeError and ValueError; `decode` may raise anything, and ValueError
    for a payload of another size, before it makes room for that.
    """

    encode: Encode
    decode: Decode


def _jpeg2000(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes | bytearray:
    import imagecodecs

    decibel: int = quality  # type: ignore[assignment]  # its stub says int, and it takes any number
    return imagecodecs.jpeg2k_encode(rgb, decibel, codecformat="j2k", reversible=False, mct=True, numthreads=1)


def _htj2k(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes | bytearray:
    import imagecodecs

    return imagecodecs.htj2k_encode(rgb, quality, rgb=True, reversible=quality == 0)


def _webp(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes | bytearray:
    import imagecodecs

    # Without lossless=False this call is lossless whatever the level.
    return imagecodecs.webp_encode(rgb, quality, lossless=False, method=int(options["effort"]), numthreads=1)


def _avif(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes | bytearray:
    import imagecodecs

    return imagecodecs.avif_encode(
        rgb,
        int(quality),
        speed=int(options["speed"]),
        pixelformat=options["subsampling"],
        codec="aom",
        numthreads=1,
    )


def _jpegxl(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes | bytearray:
    import imagecodecs

    # With a distance of 0 and lossless=False libjxl codes in XYB, with a loss.
    is_lossless, effort = quality == 0, int(options["effort"])
    return imagecodecs.jpegxl_encode(
        rgb, distance=quality, effort=effort, lossless=is_lossless, usecontainer=False, numthreads=1
    )


def _jpegls(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes | bytearray:
    import imagecodecs

    # A sample takes no more than 32 bits, and noise more than 8; the call's own room is the samples' size.
    return imagecodecs.jpegls_encode(rgb, int(quality), out=4 * rgb.nbytes + _HEADERS)


def _png(rgb: Samples, quality: float, options: Mapping[str, str]) -> bytes | bytearray:
    import imagecodecs

    return imagecodecs.png_encode(rgb, int(options["effort"]))


def _decoder(name: str, end: bytes = b"", check_size: CheckSize | None = None) -> Decode:
    """imagecodecs' function `name`, for payloads that must end with the marker `end`.

    check_size:  of the formats whose function decodes the picture before it looks at the size.

    Without its end marker, libjpeg only warns and fills the rest with grey, and CharLS searches for 15 seconds.
    """

    def decode(payload: bytes, into: Samples) -> None:
        import imagecodecs

        if not payload.endswith(end):
            raise ValueError(f"no end marker {end!r}")
        if check_size is not None:
            check_size(payload, into)
        getattr(imagecodecs, name)(payload, out=into)

    return decode


_HEADERS = 1024  # bytes, and more than any header here has
_END_OF_IMAGE = b"\xff\xd9"  # JPEG and JPEG-LS alike
_END_OF_PNG = b"IEND\xae\x42\x60\x82"  # the chunk's type and CRC
_JPEG = _decoder("jpeg8_decode", _END_OF_IMAGE)
_JPEG2000 = _decoder("jpeg2k_decode", check_size=check_jpeg2000)

FORMATS: Mapping[str, StillFormat] = {
    "jpeg": StillFormat(encode_jpeg, _JPEG),
    "mozjpeg": StillFormat(encode_mozjpeg, _JPEG),
    "jpegli": StillFormat(encode_jpegli, _JPEG),
    "jpeg2000": StillFormat(_jpeg2000, _JPEG2000),
    # Not imagecodecs' htj2k_decode: where the wavelet overshoots, it takes 256 for 0, and a white pixel turns black.
    "htj2k": StillFormat(_htj2k, _JPEG2000),
    "webp": StillFormat(_webp, _decoder("webp_decode")),
    "avif": StillFormat(_avif, _decoder("avif_decode", check_size=check_avif)),
    "heic": StillFormat(encode_heic, decode_heic),
    "jpegxl": StillFormat(_jpegxl, _decoder("jpegxl_decode")),
    "jpegls": StillFormat(_jpegls, _decoder("jpegls_decode", _END_OF_IMAGE)),
    "png": StillFormat(_png, _decoder("png_decode", _END_OF_PNG)),
}
"""By the name of the codec."""
