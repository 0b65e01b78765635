"""2,000 broken files: each is a CodecError at once, or holds what was written; none takes time or memory."""

from __future__ import annotations

import random
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from ahc_stream.container.header import FileHeader
from ahc_stream.container.index import IndexEntry, index_from_body, index_to_bytes
from ahc_stream.container.segment import head_from_body, head_to_bytes
from ahc_stream.core.encoding import Cursor
from ahc_stream.core.errors import CodecError
from tests.container.files import STILLS, VIDEO, read, still_segment, video_segment, written

SEGMENTS = [video_segment(number) for number in range(3)]
FILES = [written(VIDEO, SEGMENTS), written(STILLS, [still_segment("a", "b")]), written(VIDEO, SEGMENTS[:1])]
HUGE = [b"\xff" * 9 + b"\x01", b"\xff\xff\xff\xff\x7f", b"\x80" * 12, b"\xff\xff\x03"]
MOST_BYTES = 4 << 20  # of memory, for files of some hundred bytes


def truncated(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def overwritten(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.randrange(1, 24)) + data[at + rng.randrange(24) :]


def spliced(data: bytes, rng: random.Random) -> bytes:
    other = rng.choice(FILES)
    return data[: rng.randrange(len(data))] + other[rng.randrange(len(other)) :]


def with_huge_number(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + rng.choice(HUGE) + data[at + rng.randrange(3) :]


def noise(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.choice([0, 8, 9])] + rng.randbytes(rng.randrange(200))


MUTATIONS = [truncated, overwritten, spliced, with_huge_number, noise]


def body_of(block: bytes, mark: int) -> bytes:
    cursor = Cursor(block, mark)
    return cursor.take(cursor.varint())


PARSERS: dict[str, tuple[bytes, Callable[[bytes], object]]] = {
    "header": (body_of(VIDEO.to_bytes(), 9), FileHeader.from_body),
    "video head": (body_of(head_to_bytes(SEGMENTS[1], VIDEO, 0), 1), lambda body: head_from_body(body, VIDEO)),
    "stills head": (
        body_of(head_to_bytes(still_segment("a", "b", height=4), STILLS, 0), 1),
        lambda body: head_from_body(body, STILLS),
    ),
    "index": (body_of(index_to_bytes([IndexEntry(100, 3, 7)] * 3, 0), 1), index_from_body),
}


@pytest.fixture(autouse=True)
def bounded_memory():
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_BYTES


@pytest.mark.timeout(60)
def test_a_thousand_broken_files_are_errors_or_what_was_written(tmp_path: Path) -> None:
    rng = random.Random(1)
    for case in range(1000):
        original = FILES[case % len(FILES)]
        data = MUTATIONS[case % len(MUTATIONS)](original, rng)
        for salvage in (False, True):
            try:
                segments = read(tmp_path / "x.ahc", data, salvage)
            except CodecError:
                continue
            whole = SEGMENTS if original[:80] == FILES[0][:80] else [still_segment("a", "b")]
            assert segments == whole[: len(segments)]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", PARSERS)
def test_what_lies_behind_a_crc_is_parsed_with_the_same_care(part: str) -> None:
    body, parse = PARSERS[part]
    rng, refused = random.Random(part), 0
    for case in range(400):
        try:
            parse(MUTATIONS[case % len(MUTATIONS)](body, rng))
        except CodecError:
            refused += 1
    parse(body)
    assert refused > 200
