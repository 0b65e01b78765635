"""The metrics of pairs, frame by frame: decoded as a run decodes originals, measured by a run's sessions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import torch
from torch import Tensor

from ahc_stream import metrics, sources
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.cuda import lane, resolve_device
from ahc_stream.core.errors import AhcStreamError, InvalidValue, MediaError, MissingData
from ahc_stream.core.note import ItemNote, summary
from ahc_stream.core.numeric_policy import NumericPolicy, computing_by
from ahc_stream.datasets.read_options import NOTHING_TOLD, ReadOptions
from ahc_stream.pairs.pairing import Pair, pair_media
from ahc_stream.pairs.side_by_side import side_by_side
from ahc_stream.sources import DEFAULT_LIMITS, BrokenStill, Limits

CLIP_FRAMES = 16
"""Frames that are measured together at most. No number depends on it."""

FRAMES = pa.schema([("item", pa.string()), ("frame", pa.int32()), ("width", pa.int32()), ("height", pa.int32())])
"""One row per frame: the reference's name, the frame's number from 0, pixels. A column for each metric follows."""


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured.

    frames:    FRAMES and float64 per metric, in the order of pairs and frames; infinite and NaN as the metric says.
    metrics:   their names in the table of metrics.
    pairs:     how many pictures, videos and sequences were to be measured.
    device:    what computed.
    notes:     what was passed over, assumed or noticed.
    problems:  why frames are missing: a file that breaks off, another number of frames. Empty: nothing is missing.
    """

    frames: pa.Table
    metrics: tuple[str, ...]
    pairs: int
    device: torch.device
    notes: tuple[str, ...]
    problems: tuple[AhcStreamError, ...]


def measure_pairs(
    reference: str,
    distorted: str,
    metric_names: Sequence[object] | None = None,
    *,
    device: str = "auto",
    precision: str = "float32",
    frames: tuple[int | None, int | None] | None = None,
    every: int = 1,
    told: ReadOptions = NOTHING_TOLD,
    limits: Limits = DEFAULT_LIMITS,
    progress: Callable[[int], None] = lambda frames: None,
) -> Measured:
    """Measures `distorted` against `reference`, see `pairing.pair_media`.

    metric_names:  names of the table of metrics, "file.py:name", functions or rows; None: those of the profile
                   "standard".
    device:        "auto", "cpu", "cuda" or "cuda:1".
    precision:     of a GPU's products of float32, see `core.numeric_policy`.
    frames, every: see `pairing.Pairs.cut`.
    progress:      is called with the number of frames that are measured.

    All that can be known before a frame is decoded is checked first, and raised: UnknownName, InvalidValue,
    MissingExtra, MissingData, MediaError. What comes up later ends that pair alone, and stands in `problems`.
    """
    names = metrics.chosen(metric_names)
    if not names:
        raise InvalidValue("one metric at least", "none", "name some, or None for those of the standard profile")
    computing_on = resolve_device(device)
    policy = NumericPolicy.of(precision, computing_on)
    pairs = pair_media(reference, distorted, told, limits).cut(frames, every)
    metrics.make_ready(names, computing_on)
    measuring = _Measuring(names, computing_on, limits, progress)
    with computing_by(policy, computing_on), lane(computing_on) as fence:
        for group in _groups(pairs.pairs, limits):
            measuring.measure(group, fence)
    notes = (*pairs.notes, *summary(measuring.notes))
    problems = tuple(measuring.problems)
    return Measured(measuring.table(), names, len(pairs.pairs), computing_on, notes, problems)


Group = Sequence[tuple[int, Pair]]
"""Places of pairs among all, and the pairs: one video or sequence, or stills of one size."""


def _groups(pairs: Iterable[Pair], limits: Limits) -> Iterator[Group]:
    stills: dict[tuple[int, int], list[tuple[int, Pair]]] = {}
    for place, pair in enumerate(pairs):
        if pair.is_still:
            stills.setdefault((pair.height, pair.width), []).append((place, pair))
        else:
            yield [(place, pair)]
    for (height, width), group in stills.items():
        together = limits.clip_frames(CLIP_FRAMES, height, width)
        yield from (group[start : start + together] for start in range(0, len(group), together))


@dataclass
class _Measuring:
    """Rows, notes and problems so far."""

    names: tuple[str, ...]
    device: torch.device
    limits: Limits
    progress: Callable[[int], None]
    rows: list[tuple[int, tuple[object, ...]]] = field(default_factory=list)
    notes: list[ItemNote] = field(default_factory=list)
    problems: list[AhcStreamError] = field(default_factory=list)

    def measure(self, group: Group, fence: Callable[[], None]) -> None:
        if group[0][1].is_still:
            self._stills(group)
        else:
            ((place, pair),) = group
            _Stream(self, place, pair).measure(fence)
        fence()

    def table(self) -> pa.Table:
        """Rows by the place of their pair, those of one in the order of frames."""
        schema = pa.schema([*FRAMES, *((name, pa.float64()) for name in self.names)])
        rows = [row for _, row in sorted(self.rows, key=lambda row: row[0])]
        columns = zip(*rows, strict=True) if rows else [()] * len(schema)
        return pa.table([pa.array(column, kind.type) for column, kind in zip(columns, schema, strict=True)], schema)

    def add(
        self, place: int, pair: Pair, numbers: Sequence[int], shape: Sequence[int], values: Sequence[Sequence[float]]
    ) -> None:
        """Rows of the next frames of a pair. values: of each frame those of all metrics. shape: height and width."""
        height, width = shape
        for number, of_frame in zip(numbers, values, strict=True):
            self.rows.append((place, (pair.name, number, width, height, *of_frame)))
        self.progress(len(self.rows))

    def opened(self, item: Item) -> sources.OpenedItem:
        return sources.opened(item, CLIP_FRAMES, self.device, "auto", self.limits)

    def _stills(self, group: Group) -> None:
        """Each is a stream of one frame. What cannot be read is a problem of its own pair."""
        one = self._pictures(group, [pair.reference for _, pair in group])
        other = self._pictures(group, [pair.distorted for _, pair in group])
        both = [(place, pair) for place, pair in group if place in one and place in other]
        if not both:
            return
        session = metrics.open_session(self.names, False, self.device)
        pixels = [torch.stack([side[place] for place, _ in both]) for side in (one, other)]
        values = _joined([session.push(*pixels), session.finish()])
        for (place, pair), of_frame in zip(both, values, strict=True):
            self.add(place, pair, [0], (pair.height, pair.width), [of_frame])

    def _pictures(self, group: Group, items: Sequence[Item]) -> dict[int, Tensor]:
        """Place -> uint8 [3, H, W]."""
        paths = tuple(item.paths[0] for item in items)
        names = tuple(str(place) for place, _ in group)
        opened = self.opened(Item(items[0].dataset, names[0], "stills", paths, names))
        called = {str(place): pair.name for place, pair in group}
        pixels: dict[int, Tensor] = {}
        for clip in opened.clips():
            if isinstance(clip, BrokenStill):
                self.problems.append(clip.error)
            else:
                pixels |= {int(key.item): frame for key, frame in zip(clip.keys, clip.frames, strict=True)}
        self.notes += [ItemNote(note.dataset, called[note.item], note.text) for note in opened.notes]
        return pixels


class _Stream:
    """A video or a sequence against another one."""

    def __init__(self, to: _Measuring, place: int, pair: Pair) -> None:
        self._to, self._place, self._pair = to, place, pair
        self._session: metrics.MetricSession | None = None
        self._rate = 0.0  # frames per second, known once the reference is open
        self._shape: tuple[int, ...] = ()
        self._numbers: list[int] = []

    def measure(self, fence: Callable[[], None]) -> None:
        one, other = self._to.opened(self._pair.reference), self._to.opened(self._pair.distorted)
        try:
            self._rate = one.timing.frames_per_second
            for left, right in side_by_side(_clips(one), _clips(other), self._pair.name):
                self._push(left, right)
                fence()
        except (MediaError, MissingData) as error:
            self._to.problems.append(error)
        self._finish()
        self._to.notes += [*one.notes, *other.notes]

    def _push(self, left: Clip, right: Clip) -> None:
        """A change of frame size begins another stream."""
        shape = (left.height, left.width)
        if self._session is None or shape != self._shape:
            self._finish()
            self._shape = shape
            self._session = metrics.open_session(self._to.names, True, self._to.device, frames_per_second=self._rate)
        self._numbers += [key.frame for key in left.keys]
        self._take(self._session.push(left.frames, right.frames))

    def _finish(self) -> None:
        if self._session is not None:
            self._take(self._session.finish())

    def _take(self, values: Mapping[str, Tensor]) -> None:
        known = _joined([values])
        numbers, self._numbers = self._numbers[: len(known)], self._numbers[len(known) :]
        self._to.add(self._place, self._pair, numbers, self._shape, known)


def _clips(opened: sources.OpenedItem) -> Iterator[Clip]:
    for clip in opened.clips():
        assert isinstance(clip, Clip), "only stills may be broken one by one"
        yield clip


def _joined(parts: Sequence[Mapping[str, Tensor]]) -> list[list[float]]:
    """Of each frame the values of all metrics, in one transfer."""
    columns = [torch.cat([part[name] for part in parts]) for name in parts[0]]
    frames: list[list[float]] = torch.stack(columns, dim=1).cpu().tolist()
    return frames
