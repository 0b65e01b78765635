"""How much of a run is done: known from its beginning, right by what points cost, and all of it at the end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ahc_stream.core.clip import Clip, FrameKey, Item
from ahc_stream.core.errors import CodecError
from ahc_stream.core.failure import Failure
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream
from ahc_stream.lanes import End
from ahc_stream.line.measure import Measurement, MeasureStep
from ahc_stream.line.sessions import MeasureSettings
from ahc_stream.line.work import CodedClip, Ending, NoEarlierWork, StreamAt
from ahc_stream.remaining import MOST_HEADERS, Remaining
from ahc_stream.running import Run
from ahc_stream.sources import DEFAULT_LIMITS
from tests.line.trips import clip, trip_of
from tests.whole_runs import experiment, finish, killed, make_dataset

CODECS = ("h264@30:gop=8", "jpeg@40")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("remaining") / "data")


def shares(run: Run) -> list[float]:
    """After each measurement for which it is known, and at the end."""
    seen = [run.share for _ in run]
    return [share for share in (*seen, run.share) if share is not None]


@pytest.mark.parametrize(
    "options",
    [{}, {"isolate": True}, {"frames": (3, 30), "every": 2}, {"clip_frames": 3}, {"limit": 3, "shard": (1, 2)}],
    ids=str,
)
def test_all_of_the_work_is_done_at_the_end(data: Path, tmp_path: Path, options: dict[str, object]) -> None:
    seen = shares(Run(experiment(data, tmp_path / "out", CODECS, **options)))
    assert seen and seen[-1] == pytest.approx(1, abs=0.02)  # the container of Matroska counts in milliseconds
    assert all(0 < share <= 1 for share in seen)


def test_a_start_that_goes_on_counts_what_is_left(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    killed(data, out, CODECS, (), clip_frames=4, shard=(0, 1), kill_after=9)
    seen = shares(Run(experiment(data, out, CODECS, clip_frames=4)))
    assert seen[-1] == pytest.approx(1, abs=0.02) and seen[0] < 0.6
    finish(experiment(data, out, CODECS))
    assert shares(Run(experiment(data, out, (*CODECS, "webp@50"))))[-1] == pytest.approx(1, abs=0.02)


POINTS = tuple(OperatingPoint("own", float(quality)) for quality in range(3))
LONG = 400


class Films:
    """Films of many frames that go through the measuring stage by hand, with seconds that are known."""

    def __init__(self, lengths: list[int], costs: list[float], lags: list[int]) -> None:
        self.items = [Item("d", f"film{n}", "sequence", (Path(f"{n}.png"),) * count) for n, count in enumerate(lengths)]
        self.costs, self.lags = dict(zip(POINTS, costs, strict=True)), dict(zip(POINTS, lags, strict=True))
        self.seconds = 0.0

    def go(self) -> list[tuple[float, Measurement]]:
        """(seconds so far, rows), clip by clip, each of a point's clips `lag` clips later than the first point's."""
        step = MeasureStep(MeasureSettings((), (), clip(0, 1).frames.device, 1), NoEarlierWork())
        rows: list[tuple[float, Measurement]] = []
        for item in self.items:
            pieces = range(0, len(item.paths), 10)
            for turn in range(len(pieces) + max(self.lags.values())):
                for point in POINTS:
                    number = turn - self.lags[point]
                    if 0 <= number < len(pieces):
                        count = min(10, len(item.paths) - pieces[number])
                        self.seconds += count * self.costs[point]
                        message = CodedClip(at(item, point), trip_of(frames(item, count), count * self.costs[point]))
                        rows += [(self.seconds, measured) for measured in step(message)]
            for point in POINTS:
                rows += [(self.seconds, end) for end in step(End(at(item, point), Ending(True, True, "made")))]
        return rows


def frames(item: Item, count: int) -> Clip:
    made = clip(0, count)
    return replace(made, keys=tuple(FrameKey("d", item.name, key.frame) for key in made.keys))


def at(item: Item, point: OperatingPoint) -> StreamAt:
    return StreamAt(Stream.of(frames(item, 1)), point)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers that say what `clip` gives."""
    monkeypatch.setattr("ahc_stream.sources.counting._image_pixels", lambda item, index, limits: 6 * 8)


@given(
    lengths=st.lists(st.integers(5, LONG), min_size=1, max_size=MOST_HEADERS),
    costs=st.lists(st.floats(0.001, 1), min_size=3, max_size=3),
    lags=st.lists(st.integers(0, 4), min_size=3, max_size=3),
)
@settings(max_examples=25, deadline=None)
def test_from_a_tenth_on_the_time_left_is_right_within_a_fifth(
    lengths: list[int], costs: list[float], lags: list[int]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ahc_stream.sources.counting._image_pixels", lambda item, index, limits: 6 * 8)
        films = Films(lengths, costs, lags)
        remaining = Remaining(films.items, POINTS, NoEarlierWork(), DEFAULT_LIMITS)
    rows = films.go()
    seen: set[OperatingPoint] = set()
    for seconds, measured in rows:
        remaining.add(measured)
        seen.add(measured.point)
        share = remaining.share(measure_seconds=0)
        if share is not None and share > 0.1 and seen == set(POINTS):
            assert seconds / share == pytest.approx(films.seconds, rel=0.2)
    assert remaining.share(0) == pytest.approx(1)


def test_what_has_failed_is_not_waited_for(told: None) -> None:
    films = Films([20, 30, 50], [1, 1, 1], [0, 0, 0])
    remaining = Remaining(films.items, POINTS, NoEarlierWork(), DEFAULT_LIMITS)
    error = CodecError("a film", "none", "leave it out")
    remaining.lose(Failure("d", "film2", "open", error))
    remaining.lose(Failure("d", "film1", "codec", error, point=POINTS[0]))
    for _, measured in films.go():
        if measured.at.stream.item == "film0" or (measured.at.stream.item == "film1" and measured.point != POINTS[0]):
            remaining.add(measured)
    assert remaining.share(0) == pytest.approx(1)
