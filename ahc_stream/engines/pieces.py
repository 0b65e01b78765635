"""The one cutter: what is missing of a run, in pieces.

A piece is a set of images, videos and sequences at a set of operating points. In one process, and in one shard, all of
it is one piece (`whole`); workers are given small ones, each about as long as the others, and shorter towards the end,
so that nobody waits long for the last (`Cutter`).

A stream is never cut: its encoder, its metrics and its tasks may remember, and its row in `streams` is one. So a piece
is at least one stream at one point, and a piece of many is cut along items first and along points then.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from ahc_stream.core.clip import Item
from ahc_stream.core.point import OperatingPoint
from ahc_stream.line.work import EarlierWork
from ahc_stream.plan import Plan

PIECE_SECONDS = 15.0
"""What a piece should take. A worker that dies loses at most about that, and what a piece costs beside its work (a line
that fills and drains, a request to the folder for each table) is small against it."""
LEAST_SECONDS = 2.0
"""Below that a piece costs more beside its work than in it, and the driver of many workers does nothing but commit."""
MOST_COMMITS = 25.0
"""Pieces per second that one driver commits, of all workers together, without being waited for. Of more workers than
that allows, each has longer pieces."""
FIRST_ROWS = 64
"""Rows of a piece while nobody knows how long a row takes."""
SHARES = 3
"""A piece is at most this part of what each worker has left: the last ones are short, and no worker is late by much.
One worker alone is waited for by nobody, and has long ones to the end."""
UNKNOWN_FRAMES = 300
"""What a video counts as whose header does not tell its frames."""


@dataclass(frozen=True)
class Piece:
    """names: as rows have them. frames: of all names, as far as headers tell them. attempts: how often it was begun and
    not ended, by workers that died."""

    names: tuple[str, ...]
    points: tuple[OperatingPoint, ...]
    frames: int = 1
    attempts: int = 0

    @property
    def rows(self) -> int:
        """Of the table `frames`, as far as it is known."""
        return self.frames * len(self.points)

    def __str__(self) -> str:
        more = f" and {len(self.names) - 1} more" if len(self.names) > 1 else ""
        at = str(self.points[0]) if len(self.points) == 1 else f"{len(self.points)} points"
        return f"{self.names[0]}{more} at {at}"


def whole(plan: Plan) -> Piece:
    """All that a plan runs in one process."""
    return Piece(plan.dataset.names, plan.points)


def missing(plan: Plan, earlier: EarlierWork, frames_of: Callable[[Item], int | None]) -> list[Piece]:
    """A piece for each image, video and sequence, with the points at which it is not finished; the longest first."""
    pieces = []
    for item in plan.dataset.items:
        points = tuple(point for point in plan.points if not earlier.item(item, [point]))
        if item.medium == "stills":
            pieces += [Piece((name,), points) for name in item.names if points]
        elif points:
            pieces.append(Piece((item.name,), points, frames_of(item) or UNKNOWN_FRAMES))
    return sorted(pieces, key=lambda piece: -piece.rows)


class Cutter:
    """What is left to be given away.

    pieces:  one for each item.
    """

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._waiting = deque(pieces)
        self._rows_left = sum(piece.rows for piece in self._waiting)
        self._rows_measured, self._seconds = 0, 0.0

    @property
    def is_empty(self) -> bool:
        return not self._waiting

    @property
    def items_left(self) -> int:
        """Pieces that nobody has been given, as they would be cut along items alone."""
        return len(self._waiting)

    @property
    def seconds_left(self) -> float | None:
        """Of one worker, for what nobody has been given; None while nobody knows how long a row takes."""
        return self._rows_left * self._seconds / self._rows_measured if self._rows_measured else None

    def learn(self, rows: int, seconds: float) -> None:
        """That a worker took `seconds` for so many rows. The latest pieces count most."""
        self._rows_measured, self._seconds = self._rows_measured // 2 + rows, self._seconds / 2 + seconds

    def take(self, workers: int) -> Piece:
        """The next piece, for one of so many workers."""
        rows = self._rows_of_a_piece(workers)
        first = self._waiting.popleft()
        is_long = first.frames > 1 and first.rows > rows
        if is_long and len(first.points) > 1 and len(self._waiting) < SHARES * workers:
            first, rest = _parted(first, max(1, int(rows // max(first.frames, 1))))
            self._waiting.appendleft(rest)
        taken = [first]
        while self._waiting and self._fits(taken, rows):
            taken.append(self._waiting.popleft())
        piece = _joined(taken)
        self._rows_left -= piece.rows
        return piece

    def put_back(self, piece: Piece) -> None:
        """A piece whose worker died. Its items are tried one by one from now on, and then its points: what kills
        workers is to be known by name."""
        frames = max(1, piece.frames // len(piece.names))
        tried = replace(piece, attempts=piece.attempts + 1)
        parts = [replace(tried, names=(name,), frames=frames) for name in piece.names]
        if len(piece.names) == 1 and len(piece.points) > 1:
            parts = [replace(tried, points=(point,)) for point in piece.points]
        self._rows_left += sum(part.rows for part in parts)
        self._waiting.extendleft(parts)

    def _rows_of_a_piece(self, workers: int) -> float:
        share = self._rows_left / (SHARES * workers) if workers > 1 else self._rows_left
        if not self._rows_measured:
            return min(share, FIRST_ROWS)
        rate = self._rows_measured / max(self._seconds, 1e-9)
        least = max(LEAST_SECONDS, workers / MOST_COMMITS)
        return max(least * rate, min(share, max(PIECE_SECONDS, least) * rate))

    def _fits(self, taken: Sequence[Piece], rows: float) -> bool:
        """Whether the next one may go with those that are taken: what was tried before goes alone."""
        following, first = self._waiting[0], taken[0]
        is_alike = following.points == first.points and not following.attempts and not first.attempts
        return is_alike and sum(piece.rows for piece in taken) + following.rows <= rows


def _parted(piece: Piece, points: int) -> tuple[Piece, Piece]:
    return replace(piece, points=piece.points[:points]), replace(piece, points=piece.points[points:])


def _joined(pieces: Sequence[Piece]) -> Piece:
    names = tuple(name for piece in pieces for name in piece.names)
    return replace(pieces[0], names=names, frames=sum(piece.frames for piece in pieces))
