"""Raw video (.yuv): its size, pixel format and rate, from its name as JVET, UVG and others write it, or as told.

    BasketballDrill_832x480_50.yuv                        FoodMarket4_3840x2160_60fps_10bit_420.yuv
    C_RaceHorses_2frames_832x480_30Hz_8bit_P420.yuv       Beauty_1920x1080_120fps_420_8bit_YUV.yuv

Behind the size a plain number is the rate. What a name does not say is 4:2:0 of 8 bits at 25 frames per second, and a
note says so; a size that it does not say has to be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.raw_video import RawVideo
from ahc_stream.core.wording import abridged
from ahc_stream.datasets.read_options import ReadOptions

SUFFIX = ".yuv"
LONGEST_SIDE = 65_535
USUAL_FORMAT, USUAL_RATE = "yuv420p", 25.0
NAMED = 3
"""Files that a note names."""

_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})", re.IGNORECASE)
_RATE = re.compile(r"(\d{1,3}(?:\.\d+)?)(?:fps|hz)", re.IGNORECASE)
_PLAIN_RATE = re.compile(r"\d{1,3}(?:\.\d+)?")
_BITS = re.compile(r"(8|9|10|12|14|16)bits?", re.IGNORECASE)
_CHROMA = re.compile(r"p?(?:yuv)?(400|420|422|444)p?", re.IGNORECASE)
_FORMAT = re.compile(r"yuv4[24][024]p(?:\d+le)?|gray(?:\d+le)?|nv12|p010le", re.IGNORECASE)


@dataclass(frozen=True)
class _Said:
    """What a name says; None where it says nothing."""

    size: tuple[int, int] | None
    rate: float | None
    pixel_format: str | None


def is_raw(path: Path) -> bool:
    """Whether a file is raw video, by its suffix."""
    return path.suffix.lower() == SUFFIX


def raw_video(path: Path, told: ReadOptions) -> RawVideo:
    """What a file holds: as told, else by its name, else as usual.

    Raises MissingData where nothing tells its size, and InvalidValue for what is told.
    """
    said = _said_by(path)
    size = _told_size(told.size) if told.size else said.size
    if size is None:
        todo = "name it with --size WIDTHxHEIGHT (and --pix-fmt, --fps), or put it into the name: clip_832x480_30.yuv"
        raise MissingData(f"the size of the raw video {path}", "a name that does not say it", todo)
    pixel_format = told.pix_fmt or said.pixel_format or USUAL_FORMAT
    _check_format(pixel_format)
    rate = told.fps or said.rate or USUAL_RATE
    return RawVideo(*size, pixel_format, rate)


def raw_notes(paths: Sequence[Path], told: ReadOptions) -> Iterator[str]:
    """What was assumed of raw videos, with the first of them."""
    said = {readable(path.name): _said_by(path) for path in paths}
    without_format = [name for name, facts in said.items() if not (told.pix_fmt or facts.pixel_format)]
    without_rate = [name for name, facts in said.items() if not (told.fps or facts.rate)]
    if without_format:
        which = abridged(without_format, NAMED)
        yield f"a name without a pixel format, taken for {USUAL_FORMAT}; --pix-fmt tells another ({which})"
    if without_rate:
        which = abridged(without_rate, NAMED)
        yield f"a name without a rate, taken for {USUAL_RATE:g} per second; --fps tells another ({which})"


def _said_by(path: Path) -> _Said:
    words = re.split(r"[_\s-]+", path.stem)
    place = next((index for index, word in enumerate(words) if _SIZE.fullmatch(word)), None)
    if place is None:
        return _Said(None, None, _format_of(words))
    match = _SIZE.fullmatch(words[place])
    size = (int(match[1]), int(match[2])) if match else (0, 0)
    return _Said(
        size if all(size) else None, _rate_of(words, place + 1), _format_of([*words[:place], *words[place + 1 :]])
    )


def _rate_of(words: Sequence[str], behind_size: int) -> float | None:
    marked = next((match for word in words if (match := _RATE.fullmatch(word))), None)
    if marked:
        return float(marked[1]) or None
    following = next(iter(words[behind_size:]), "")
    is_rate = _PLAIN_RATE.fullmatch(following) and not _CHROMA.fullmatch(following)
    return float(following) or None if is_rate else None


def _format_of(words: Sequence[str]) -> str | None:
    """FFmpeg's name: as it stands in the name, or made of chroma and bits, of which one may be missing."""
    whole = next((word for word in words if _FORMAT.fullmatch(word)), None)
    if whole:
        return whole.lower()
    chroma = next((match[1] for word in words if (match := _CHROMA.fullmatch(word))), None)
    bits = next((match[1] for word in words if (match := _BITS.fullmatch(word))), None)
    if chroma is None and bits is None:
        return None
    name = "gray" if chroma == "400" else f"yuv{chroma or '420'}p"
    return name if bits in (None, "8") else f"{name}{bits}le"


def _told_size(text: str) -> tuple[int, int]:
    match = _SIZE.fullmatch(text)
    if match is None or not all(0 < int(side) <= LONGEST_SIDE for side in match.groups()):
        raise InvalidValue("a size of raw video as WIDTHxHEIGHT", repr(text), "for instance --size 832x480")
    return int(match[1]), int(match[2])


def _check_format(name: str) -> None:
    from ahc_stream.core.colour import is_grey, is_ycbcr

    if not is_ycbcr(name) and not is_grey(name):
        expected = "a pixel format of raw video: 4:2:0, 4:2:2, 4:4:4 or grey of 8 to 16 bits, nv12 or p010le"
        raise InvalidValue(expected, repr(name), "for instance --pix-fmt yuv420p10le")
