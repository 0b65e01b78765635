"""Cutting: everything is given away once, in pieces of like length that become short towards the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from ahc_stream.core.point import OperatingPoint
from ahc_stream.engines.pieces import FIRST_ROWS, LEAST_SECONDS, PIECE_SECONDS, Cutter, Piece

POINTS = tuple(OperatingPoint("jpeg", float(quality)) for quality in (10, 50, 90))
PIECES = st.lists(st.tuples(st.integers(1, 400), st.integers(1, 3)), min_size=1, max_size=40)


def pieces_of(sizes: Sequence[tuple[int, int]]) -> list[Piece]:
    return [Piece((f"item{i}",), POINTS[:points], frames) for i, (frames, points) in enumerate(sizes)]


def work_of(pieces: Sequence[Piece]) -> Counter[tuple[str, OperatingPoint]]:
    return Counter((name, point) for piece in pieces for name in piece.names for point in piece.points)


@given(PIECES, st.integers(1, 9), st.data())
def test_every_item_is_given_away_once_at_each_point_however_workers_die(
    sizes: list[tuple[int, int]], workers: int, data: st.DataObject
):
    pieces = pieces_of(sizes)
    cutter, done = Cutter(pieces), []
    while not cutter.is_empty:
        piece = cutter.take(workers)
        if piece.attempts < 2 and data.draw(st.booleans()):
            cutter.put_back(piece)
        else:
            done.append(piece)
            cutter.learn(piece.rows, 0.1 * piece.rows)
    assert work_of(done) == work_of(pieces)
    assert cutter.seconds_left in (None, 0.0)


def test_a_piece_is_short_while_nobody_knows_the_rate_and_takes_a_quarter_of_a_minute_then():
    cutter = Cutter(pieces_of([(1, 1)] * 100_000))
    first = cutter.take(4)
    assert first.rows == FIRST_ROWS
    cutter.learn(first.rows, 0.5 * first.rows)
    assert cutter.take(4).rows * 0.5 == PIECE_SECONDS


def test_the_last_pieces_are_short_so_that_a_slow_worker_is_late_by_little():
    cutter = Cutter(pieces_of([(1, 1)] * 1000))
    cutter.learn(10, 1.0)
    rows = []
    while not cutter.is_empty:
        rows.append(cutter.take(2).rows)
    assert rows[0] * 0.1 == PIECE_SECONDS and max(rows[-2:]) * 0.1 <= LEAST_SECONDS
    assert rows == sorted(rows, reverse=True)


def test_one_worker_whom_nobody_waits_for_has_long_pieces_to_the_end():
    cutter = Cutter(pieces_of([(1, 1)] * 1000))
    cutter.learn(10, 1.0)
    rows = [cutter.take(1).rows for _ in range(7)]
    assert rows == [PIECE_SECONDS * 10] * 6 + [100] and cutter.is_empty


def test_one_long_video_is_shared_by_its_points():
    cutter = Cutter(pieces_of([(1000, 3)]))
    taken = [cutter.take(3), cutter.take(3), cutter.take(3)]
    assert [piece.points for piece in taken] == [(point,) for point in POINTS]


def test_what_killed_a_worker_is_tried_item_by_item_and_then_point_by_point():
    cutter = Cutter([Piece(("a",), POINTS, 1), Piece(("b",), POINTS, 1)])
    cutter.learn(1, 0.001)
    cutter.put_back(Piece(("c", "d"), POINTS, 2))
    tried = [cutter.take(1), cutter.take(1)]
    assert {piece.names for piece in tried} == {("c",), ("d",)}
    cutter.put_back(tried[0])
    assert [cutter.take(1).points for _ in POINTS] == [(point,) for point in reversed(POINTS)]
