r"""Operating points as text: `name[@qualities][:key=value]...`.

    h265@22,27,32     cheng2020-anchor@1..6     jpeg@10..90..20 (start..stop..step)     jpeg2000 (the table's qualities)
    h264@23:preset=fast:gop=32                  ffmpeg:mpeg4@3:bf=2 (a piece without "=" belongs to the name)
    path/to/file.py:Name@1,2:key=value          package.module:Name (code of the user's own, which is run)
    mbt2018-mean@4:weights=a.pth:label=mine     compressai:elic2022-official:weights=elic.pth
    exec:path/to/vtm.toml@22,27:preset=slow     (an encoder and a decoder that are programs)
    h264@500k,1.5M (bit rates, as :control=bitrate says too)                 av1@32,800k         h265@500k..2M..500k
    jpegxl@1,lossless (the quality that gives every frame back bit for bit, where the codec has one)

A backslash takes the colon after it literally: `ffmpeg:libx265@28:x265-params=rd=6\:aq-mode=2`. `str(point)` is such
a text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation

from ahc_stream.codecs import point_weights
from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.knob import BIT_RATE, CONTROL, LOSSLESS
from ahc_stream.codecs.registry import find, named
from ahc_stream.codecs.table import CODECS
from ahc_stream.codecs.traditional.rates import kbits
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.option_text import read
from ahc_stream.core.point import OperatingPoint

_MOST_QUALITIES = 1000  # beyond this a range is a typing error, not an experiment
_IN_FILE = re.compile(r"(.+\.py:[A-Za-z_][\w.]*|exec:.+\.toml)(?:(@)(.*))?", re.DOTALL)
_EXAMPLE = "write name@qualities:key=value, for instance h264@23,33:gop=32"


def parse(text: str) -> tuple[OperatingPoint, ...]:
    """One operating point per quality, every option that makes a curve filled in.

    A quality named twice counts once; an option named twice is an error. Raises UnknownName for a codec that the
    table does not hold, and InvalidValue for a quality or an option that the codec does not take.
    """
    head, options = read(text, _pieces(text), _EXAMPLE)
    written, at, listed = _parts(head)
    name = named(written)
    entry = find(name)
    curve, own = point_weights.split(entry, options)
    if not at and point_weights.without_quality(name, entry, own):
        entry = replace(entry, knob=None)
    defaults: list[Quality] = [(quality, {}) for quality in entry.qualities(curve.get(CONTROL))]
    qualities = _qualities(text, listed, entry) if at else defaults
    points = [entry.point(name, quality, _joined(text, curve, implied)) for quality, implied in qualities]
    distinct = tuple(dict.fromkeys(points))
    point_weights.check_one_quality(text, name, own, len(distinct))
    return tuple(point_weights.of_row(point, own) for point in distinct)


def names_qualities(text: str) -> bool:
    """Whether a text that `parse` takes says which qualities."""
    return bool(_parts(_head(text))[1])


def at_quality(text: str, quality: str) -> str:
    """The same text with this quality in place of those that it names."""
    head = _head(text)
    return f"{_parts(head)[0]}@{quality}{text[len(head) :]}"


def _head(text: str) -> str:
    """What stands before the first option, as it is written."""
    pieces = re.finditer(r"(?:^|:)((?:\\.|[^:\\])*)", text)
    return next((text[: piece.start()] for piece in pieces if "=" in piece[1]), text)


def _parts(head: str) -> tuple[str, str, str]:
    """The name, the sign behind it, and the qualities. The folder of a user's file may hold a sign itself."""
    in_file = _IN_FILE.fullmatch(head)
    return (in_file[1], in_file[2] or "", in_file[3] or "") if in_file else head.partition("@")


def _joined(text: str, options: Mapping[str, str], implied: Mapping[str, str]) -> Mapping[str, str]:
    """The options with what a quality's own form says, which must not contradict them."""
    for key, value in implied.items():
        if options.get(key, value) != value:
            raise _invalid(text, f"{key}={value}, for a bit rate is named", f"{key}={options[key]}")
    return {**options, **implied}


def _pieces(text: str) -> list[str]:
    """What stands between colons that no backslash escapes, with the backslashes taken away."""
    return [re.sub(r"\\(.)", r"\1", piece) for piece in re.findall(r"(?:^|:)((?:\\.|[^:\\])*)", text)]


Quality = tuple[float | None, Mapping[str, str]]
"""A quality, None for a point without one, and what its form implies: `500k` is 500 with `control=bitrate`."""

_RATE: Mapping[str, str] = {CONTROL: BIT_RATE}


def _qualities(text: str, listed: str, entry: CodecEntry) -> list[Quality]:
    qualities: list[Quality] = []
    for piece in listed.split(","):
        qualities += [_lossless(text, entry)] if piece == LOSSLESS else _range(text, piece)
    return qualities


def _lossless(text: str, entry: CodecEntry) -> Quality:
    """The quality that loses nothing; none of a codec that never does. Raises InvalidValue where there is neither."""
    if entry.knob is not None and entry.knob.lossless is not None:
        return entry.knob.lossless, {}
    if entry.is_lossless:
        return None, {}
    todo = f"choose {', '.join(name for name, other in CODECS.items() if other.can_be_lossless)}"
    raise InvalidValue(f"a codec that can be {LOSSLESS} in {text!r}", "one that cannot", todo)


def _range(text: str, piece: str) -> list[Quality]:
    """`5` -> 5; `1..4` -> 1, 2, 3, 4; `10..90..20` -> 10, 30, 50, 70, 90. Decimal, so that steps of 0.1 land."""
    numbers, implied = _numbers(text, piece)
    if len(numbers) == 1:
        return [(float(numbers[0]), implied)]
    if implied and len(numbers) == 2:
        raise _invalid(text, "a range of bit rates with its step, as 500k..2M..500k", repr(piece))
    start, stop, step = (*numbers, Decimal(1))[:3]
    if len(numbers) > 3 or not all(number.is_finite() for number in numbers) or step <= 0 or start > stop:
        raise _invalid(text, "a range start..stop..step that rises", repr(piece))
    if len(numbers) == 2 and (stop - start) % step:
        raise _invalid(text, f"a range with its step, for steps of 1 from {start} do not reach {stop}", repr(piece))
    count = int((stop - start) / step) + 1
    if count > _MOST_QUALITIES:
        raise _invalid(text, f"at most {_MOST_QUALITIES} qualities", f"{count} in {piece!r}")
    return [(float(start + i * step), implied) for i in range(count)]


def _numbers(text: str, piece: str) -> tuple[list[Decimal], Mapping[str, str]]:
    """The numbers of a piece and what they imply: all of them are bit rates, or none."""
    bounds = piece.split("..")
    rates = [rate for rate in map(kbits, bounds) if rate is not None]
    if len(rates) == len(bounds):
        return rates, _RATE
    try:
        return [Decimal(bound) for bound in bounds], {}
    except InvalidOperation:
        expected = "qualities as 22,27 or 1..6 or 10..90..20, or bit rates as 500k,1.5M"
        raise _invalid(text, expected, repr(piece)) from None


def _invalid(text: str, expected: str, got: str) -> InvalidValue:
    return InvalidValue(f"{expected} in {text!r}", got, _EXAMPLE)
