"""No row depends on how frames were cut into clips, how many lanes or shards ran, or how often the run was stopped.

Timings apart, the tables are the same. Starts are drawn: clip length, lanes, depth, shards, a SIGKILL, files that are
broken for a while; and what a run in one go leaves is compared with what they leave.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from ahc_stream import runs
from tests.conftest import real
from tests.whole_runs import cut_short, experiment, finish, killed, make_dataset, tables_of

CODECS = ("h264@30:gop=8", "h265@36:preset=ultrafast", "av1@50:preset=12", "ssf2020-lite@1:gop=3", "jpeg@40")


@dataclass(frozen=True)
class Start:
    """kill_after: pieces of rows that it yields before SIGKILL, in each shard's process; None for a whole start."""

    clip_frames: int
    lanes: int = 1
    depth: int = 2
    shards: int = 1
    kill_after: int | None = None
    broken: bool = False

    def go(self, folder: Path, out: Path, codecs: Sequence[str], tasks: Sequence[str]) -> None:
        options = {"clip_frames": self.clip_frames, "lanes": self.lanes, "depth": self.depth}
        for index in range(self.shards):
            shard = (index, self.shards)
            if self.kill_after is None:
                finish(experiment(folder, out, codecs, tasks, shard=shard, **options))
            else:
                killed(folder, out, codecs, tasks, shard=shard, kill_after=self.kill_after, **options)


STARTS = st.builds(
    Start,
    clip_frames=st.integers(1, 30),
    lanes=st.integers(1, 3),
    depth=st.integers(1, 3),
    shards=st.integers(1, 3),
    kill_after=st.none() | st.integers(0, 40),
    broken=st.booleans(),
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("whole") / "data")


@pytest.fixture(scope="module")
def broken(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return cut_short(data, tmp_path_factory.mktemp("broken") / "data")


@pytest.fixture(scope="module")
def in_one_go(data: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pd.DataFrame]:
    out = tmp_path_factory.mktemp("calm") / "out"
    Start(clip_frames=16).go(data, out, CODECS, ())
    return tables_of(out)


def check(out: Path, expected: dict[str, pd.DataFrame]) -> None:
    tables = tables_of(out)
    for name, rows in expected.items():
        pd.testing.assert_frame_equal(tables[name], rows, check_exact=True, obj=name)
    assert runs.verify(out) == []


def replaced_by(folder: Path, target: Path) -> Path:
    """The dataset where runs look for it: broken, then mended."""
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(folder, target))


@pytest.mark.timeout(1200)
@settings(
    deadline=None,
    max_examples=3,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),  # each example is several whole runs: shrinking would take an hour
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(starts=st.lists(STARTS, max_size=2), last=st.builds(Start, st.integers(1, 50), st.integers(1, 3)))
@example(starts=[Start(7, lanes=2, kill_after=9)], last=Start(5, lanes=3, depth=1))
@example(starts=[Start(16, broken=True)], last=Start(16))
@example(starts=[Start(3, shards=2, broken=True), Start(16, shards=3, lanes=2, kill_after=15)], last=Start(41))
def test_however_a_run_was_cut_and_stopped_its_tables_are_those_of_one_go(
    starts: list[Start],
    last: Start,
    data: Path,
    broken: Path,
    in_one_go: dict[str, pd.DataFrame],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    base = tmp_path_factory.mktemp("cut")
    broken_first = sorted(starts, key=lambda start: not start.broken)  # a file that was measured whole must stay so
    for start in broken_first:
        folder = replaced_by(broken if start.broken else data, base / "data")
        start.go(folder, base / "out", CODECS, ())
    last.go(replaced_by(data, base / "data"), base / "out", CODECS, ())
    check(base / "out", in_one_go)


def test_a_start_with_other_codecs_adds_to_what_is_there_and_takes_nothing_away(
    data: Path, broken: Path, in_one_go: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    """The failure of the first codecs stays until they are tried again."""
    place, out = replaced_by(broken, tmp_path / "data"), tmp_path / "out"
    Start(16).go(place, out, CODECS[:1], ())
    before = tables_of(out)["failures"]
    assert set(before["item"]) == {"films/long", "still5"}
    replaced_by(data, place)
    Start(16).go(place, out, CODECS[3:], ())
    after = tables_of(out)
    assert set(after["failures"]["item"]) == {"films/long", "still5"}
    points = {point["codec"] for point in runs.open(out).points}
    assert points == {"h264", "ssf2020-lite", "jpeg", "identity"}
    Start(16).go(place, out, CODECS, ())
    check(out, in_one_go)


@pytest.mark.timeout(600)
def test_detection_says_the_same_however_a_run_was_cut(data: Path, tmp_path: Path) -> None:
    """With a real network, over real arithmetic."""
    real("weights/yolov5n.pt")
    tasks, codecs = ("detection:model=yolov5n:size=64:score=0.01",), ("h264@40", "jpeg@10")
    Start(16).go(data, tmp_path / "calm", codecs, tasks)
    Start(7, lanes=3, shards=2, kill_after=4).go(data, tmp_path / "cut", codecs, tasks)
    Start(5, lanes=2).go(data, tmp_path / "cut", codecs, tasks)
    expected = tables_of(tmp_path / "calm")
    assert len(expected["predictions_detection"]) > 10
    check(tmp_path / "cut", expected)
