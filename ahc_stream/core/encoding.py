"""Compact bytes for what lies around a payload: whole numbers, and header values.

A whole number is LEB128: seven bits a byte, lowest first, the eighth bit set in all bytes but the last, below 2^64.
A value is what JSON has: None, bool, int, float, text, list (a tuple comes back as one) and mapping from text. Its
first byte is a kind in the upper three bits and an argument in the lower five; argument 31 means that a whole number
follows, which is added to it.

    kind 0  the argument, a whole number           kind 4  list of `argument` values
    1  -1 - argument                               5  mapping of `argument` pairs: key, value
    2  the text WORDS[argument]                    6  a simple value, see below
    3  text of `argument` bytes, UTF-8             7  list of `argument` whole numbers (plain LEB128), at least one

Simple values, by their argument: 0 None, 1 False, 2 True, 3 float64 (8 bytes, little-endian), 4 text of lowercase
hexadecimal digits (a whole number n, then n bytes).

Reading takes any bytes at all: what is malformed is a CodecError, and no more is allocated than the bytes can hold.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from typing import Any

from ahc_stream.core.errors import CodecError
from ahc_stream.core.foreign_text import shown

WORDS = (
    "codec", "quality", "options", "metric", "model", "weights", "cdf", "arithmetic", "device", "size", "padding",
    "latent", "strings", "height", "width", "coded_height", "coded_width", "matrix", "full_range", "consecutive",
    "extradata", "crc", "gop", "preset", "tune", "bframes", "pixel_format", "range", "threads", "order", "subsampling",
    "effort", "speed", "float32", "float64", "cpu", "cuda", "mse", "ms-ssim", "bt709", "bt601", "limited", "full",
    "medium", "none", "yuv420p", "420", "raster", "wave", "transforms", "32", "12", "4",
    "identity", "jpeg", "jpeg2000", "webp", "avif", "jpegxl", "jpegls", "h264", "h265", "av1", "vvc",
    "bmshj2018-factorized", "bmshj2018-hyperprior", "mbt2018-mean", "mbt2018", "cheng2020-anchor", "cheng2020-attn",
    "ssf2020", "mbt2018-mean-lite", "ssf2020-lite", "RGB, full range, 8 bits", "psnr", "yuv444p", "yuv420p10le",
    "faster", "fast", "slow", "qpa", "0", "1",
    "cheng2020-anchor-lite", "control", "crf", "qp", "bitrate", "segment", "maxrate", "bufsize", "batch",
    "coding", "baseline", "qtable", "table", "mozjpeg", "jpegli", "htj2k", "heic", "png", "ffv1", "vp9", "av1-aom",
    "av1-rav1e", "coder",
)  # fmt: skip
"""Texts that headers often hold, stored as their number here. Only ever added to, at the end: files hold numbers."""

_WORD_NUMBERS = {word: number for number, word in enumerate(WORDS)}
_HEX = re.compile(r"(?:[0-9a-f]{2}){4,}")
_INLINE = 31  # arguments below it stand in the first byte
_DEEPEST = 16  # nesting of lists and mappings; our headers have two
_LARGEST = 2**64
_FLOAT = struct.Struct("<d")
_NONE, _FALSE, _TRUE, _DOUBLE, _DIGITS = range(5)
BROKEN_STREAM = "fetch the stream again, or report its encoder"


def put_varint(out: bytearray, number: int) -> None:
    """Appends a whole number from 0 to 2^64 - 1."""
    assert 0 <= number < _LARGEST, "numbers in a stream have 64 bits"
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)


def put_signed(out: bytearray, number: int) -> None:
    """Appends a number of either sign: 0, -1, 1, -2 ... become 0, 1, 2, 3 ..."""
    put_varint(out, 2 * number if number >= 0 else -2 * number - 1)


def put_text(out: bytearray, text: str) -> None:
    """Appends the size of the UTF-8 form, and it."""
    encoded = text.encode()
    put_varint(out, len(encoded))
    out += encoded


def put_value(out: bytearray, value: Any) -> None:
    """Appends a header value. Raises CodecError for what is none."""
    match value:
        case None | bool():
            _put_head(out, 6, {None: _NONE, False: _FALSE, True: _TRUE}[value])
        case int() if -_LARGEST // 2 <= value < _LARGEST:
            _put_head(out, *((0, value) if value >= 0 else (1, -1 - value)))
        case float():
            _put_head(out, 6, _DOUBLE)
            out += _FLOAT.pack(value)
        case str():
            _put_string(out, value)
        case list() | tuple():
            _put_list(out, value)
        case Mapping():
            _put_head(out, 5, len(value))
            for key, item in value.items():
                put_value(out, str(key))
                put_value(out, item)
        case _:
            raise CodecError("a header of JSON values", f"{type(value).__name__} {shown(value)}", "report this encoder")


def _put_string(out: bytearray, text: str) -> None:
    if text in _WORD_NUMBERS:
        _put_head(out, 2, _WORD_NUMBERS[text])
    elif _HEX.fullmatch(text):
        _put_head(out, 6, _DIGITS)
        put_varint(out, len(text) // 2)
        out += bytes.fromhex(text)
    else:
        encoded = text.encode()
        _put_head(out, 3, len(encoded))
        out += encoded


def _put_list(out: bytearray, values: list[Any] | tuple[Any, ...]) -> None:
    plain = bool(values) and all(type(value) is int and 0 <= value < _LARGEST for value in values)
    _put_head(out, 7 if plain else 4, len(values))
    for value in values:
        put_varint(out, value) if plain else put_value(out, value)


def _put_head(out: bytearray, kind: int, argument: int) -> None:
    out.append(kind << 5 | min(argument, _INLINE))
    if argument >= _INLINE:
        put_varint(out, argument - _INLINE)


class Cursor:
    """Reads what the functions above wrote, from `at` on. Every method raises CodecError for any other bytes."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        if size > len(self.data) - self.at:
            raise CodecError(f"{size} more bytes", f"{len(self.data) - self.at}", BROKEN_STREAM)
        self.at += size
        return self.data[self.at - size : self.at]

    def varint(self) -> int:
        """A whole number below 2^64."""
        number = 0
        for shift in range(0, 70, 7):
            byte = self.take(1)[0]
            number |= (byte & 0x7F) << shift
            if byte < 0x80:
                break
        else:
            raise CodecError("a number of at most 10 bytes", "a longer one", BROKEN_STREAM)
        if number >= _LARGEST:
            raise CodecError("a number of 64 bits", "a larger one", BROKEN_STREAM)
        return number

    def signed(self) -> int:
        """What `put_signed` wrote."""
        number = self.varint()
        return -(number + 1) // 2 if number % 2 else number // 2

    def count(self) -> int:
        """A whole number of things that follow, each of at least one byte."""
        return self._possible(self.varint())

    def text(self) -> str:
        """What `put_text` wrote."""
        return self._utf8(self.varint())

    def value(self, depth: int = 0) -> Any:
        """A header value."""
        if depth > _DEEPEST:
            raise CodecError(f"values nested at most {_DEEPEST} deep", "deeper ones", BROKEN_STREAM)
        first = self.take(1)[0]
        kind, argument = first >> 5, first & _INLINE
        if argument == _INLINE:
            argument += self.varint()
        match kind:
            case 0:
                return argument
            case 1:
                return -1 - argument
            case 2:
                return self._word(argument)
            case 3:
                return self._utf8(argument)
            case 4:
                return [self.value(depth + 1) for _ in range(self._possible(argument))]
            case 5:
                return {self._key(depth): self.value(depth + 1) for _ in range(self._possible(argument))}
            case 6:
                return self._simple(argument)
            case _:
                return [self.varint() for _ in range(self._possible(argument))]

    def end(self) -> None:
        """Raises CodecError where bytes are left over."""
        if self.at != len(self.data):
            raise CodecError(f"{self.at} bytes", f"{len(self.data)}", BROKEN_STREAM)

    def _possible(self, count: int) -> int:
        if count > len(self.data) - self.at:
            raise CodecError(f"at most {len(self.data) - self.at} values in the bytes left", f"{count}", BROKEN_STREAM)
        return count

    def _key(self, depth: int) -> str:
        key = self.value(depth + 1)
        if not isinstance(key, str):
            raise CodecError("text as a key", shown(key), BROKEN_STREAM)
        return key

    def _word(self, number: int) -> str:
        if number >= len(WORDS):
            raise CodecError(f"one of {len(WORDS)} words", f"word {number}", "read the stream with a newer version")
        return WORDS[number]

    def _simple(self, argument: int) -> Any:
        match argument:
            case 0 | 1 | 2:
                return (None, False, True)[argument]
            case 3:
                return _FLOAT.unpack(self.take(_FLOAT.size))[0]
            case 4:
                return self.take(self.varint()).hex()
        raise CodecError("a simple value 0 to 4", f"{argument}", BROKEN_STREAM)

    def _utf8(self, size: int) -> str:
        try:
            return self.take(size).decode()
        except UnicodeDecodeError as error:
            raise CodecError("text in UTF-8", str(error), BROKEN_STREAM) from error
