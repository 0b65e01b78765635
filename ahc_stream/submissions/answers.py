"""One answer for each labelled image: what another program said of it, found by what it calls the image.

An image is looked for under its whole name, then without the suffix, then by the last part of its path with and without
it; the shorter names count where no other labelled image has the same one. "./" in front and backslashes mean nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Generic, TypeVar

from ahc_stream.core.errors import MissingData
from ahc_stream.core.foreign_text import line_error, shown
from ahc_stream.core.wording import abridged, counted
from ahc_stream.datasets.media import IMAGES
from ahc_stream.submissions.scored_files import NAMED

T = TypeVar("T")


@dataclass(frozen=True)
class ImageAnswer(Generic[T]):
    """A row of a foreign file: where it stands, the image as it is called there, what is said of it."""

    line: int
    image: str
    value: T


@dataclass(frozen=True)
class ImageAnswers(Generic[T]):
    """values: of every labelled image, in the labels' order. notes: what was left out, and what was found by less than
    its whole name."""

    values: Mapping[str, T]
    notes: tuple[str, ...]


def one_each(path: Path, answers: Iterable[ImageAnswer[T]]) -> dict[str, T]:
    """Image -> what is said of it. A row that is there again in the same words is one row.

    Raises MediaError, which names both lines, where an image has two answers.
    """
    first: dict[str, ImageAnswer[T]] = {}
    for answer in answers:
        other = first.setdefault(_plain(answer.image), answer)
        if other.value != answer.value:
            got = f"{shown(answer.value)}, and {shown(other.value)} in line {other.line}"
            raise line_error(path, answer.line, f"one answer for {shown(answer.image)}", got)
    return {image: answer.value for image, answer in first.items()}


def matched(path: Path, answers: Iterable[ImageAnswer[T]], labelled: Iterable[str]) -> ImageAnswers[T]:
    """The answers for the images that have a label. Those for other images are left out, and a note says so.

    Raises MissingData where an image has none, and what `one_each` raises.
    """
    names = list(labelled)
    find = _finder(names)
    found: list[ImageAnswer[T]] = []
    extra: dict[str, None] = {}
    short = 0
    for answer in answers:
        name = find(_plain(answer.image))
        if name is None:
            extra[answer.image] = None
        else:
            found.append(ImageAnswer(answer.line, name, answer.value))
            short += _plain(name) != _plain(answer.image)
    by_name = one_each(path, found)
    values = {name: by_name[_plain(name)] for name in names if _plain(name) in by_name}
    missing = [name for name in names if name not in values]
    if missing:
        got = f"none for {len(missing)} of them: {abridged(missing, NAMED)}"
        if extra:
            got += f" (and rows of images without a label: {abridged(list(extra), NAMED)})"
        todo = "write a row for each, or take them out of the truth: a score is of all images or says of which"
        raise MissingData(f"a row for each of {counted(len(names), 'labelled image')} in {path}", got, todo)
    return ImageAnswers(values, tuple(_notes(list(extra), short)))


def _notes(extra: list[str], short: int) -> Iterator[str]:
    if extra:
        yield f"{counted(len(extra), 'image')} without a label left out: {abridged(extra, NAMED)}"
    if short:
        yield f"{counted(short, 'row')} found by the image's name without suffix or without its folder"


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


def _without_suffix(name: str) -> str:
    """The name without the suffix of an image: "a.b" keeps its own."""
    path = PurePosixPath(name)
    return path.with_suffix("").as_posix() if path.suffix.lower() in IMAGES else name


SHORTER: tuple[Callable[[str], str], ...] = (
    lambda name: name,
    _without_suffix,
    lambda name: PurePosixPath(name).name,
    lambda name: _without_suffix(PurePosixPath(name).name),
)
"""What of a name is compared, in turn."""


def _finder(names: Iterable[str]) -> Callable[[str], str | None]:
    """What finds the labelled image of a name; None where there is none."""
    plain = {_plain(name): name for name in names}
    tables = []
    for shorten in SHORTER:
        uses = Counter(map(shorten, plain))
        tables.append({shorten(key): name for key, name in plain.items() if uses[shorten(key)] == 1})

    def find(asked: str) -> str | None:
        keys = (table.get(shorten(asked)) for table, shorten in zip(tables, SHORTER, strict=True))
        return next((name for name in keys if name is not None), None)

    return find
