"""Tallies lie in a run's folder before a report asks, and never outlive what they were made from."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from ahc_stream import Experiment, run, runs, tallies, tasks
from ahc_stream.core.labels import CLASSES
from ahc_stream.report import operating_points
from tests.pictures import write_pictures
from tests.report.runs import CURVES, MAKERS, NAMES, ORIGINAL, At, request

ITEMS = 12
POINTS = (ORIGINAL, *CURVES[:2])


class Stopped(Exception):
    """A start that is killed."""


def files(out: Path) -> set[str]:
    return {path.name for path in (out / "tallies").glob("*")}


def history(out: Path, random: np.random.Generator, starts: int = 6) -> Iterator[int]:
    """Starts of a run that add points and items, may bring other labels, may be killed and may find a part damaged.
    Yields after each of them. Of some frames the task says nothing."""
    hardness, order = random.normal(0, 1, ITEMS), random.permutation(ITEMS)
    for number in range(starts):
        points = POINTS[: 1 + int(random.integers(len(POINTS)))]
        if not number or random.random() < 0.3:
            truth = random.integers(0, len(NAMES), ITEMS)
        labels = [{"class_name": NAMES[name], **key_of(item)} for item, name in enumerate(truth)]
        known = {"classification": pa.Table.from_pylist(labels, schema=CLASSES)}
        asked = replace(request(points, ITEMS, task=True), labels=known)
        predicted = random.integers(0, len(NAMES), ITEMS)
        try:
            with runs.begin(out, asked, flush_seconds=0) as start:
                for at in points:
                    missing = [item for item in range(ITEMS) if not is_done(start, item, at)]
                    for item in missing[: int(random.integers(0, ITEMS + 1))]:
                        rows = rows_of(asked, at, item, predicted, order, hardness)
                        if random.random() < 0.2:
                            rows["predictions_classification"] = rows["predictions_classification"].slice(0, 0)
                        start.add(rows)
                    if random.random() < 0.3:
                        raise Stopped
        except Stopped:
            pass
        yield number
        if random.random() < 0.5:
            lose_a_part(out, random)


def lose_a_part(out: Path, random: np.random.Generator) -> None:
    """Frames of a committed part are gone; the next start measures them again, and predicts something else."""
    parts = sorted(out.glob("frames/*.parquet"))
    if parts:
        parts[int(random.integers(len(parts)))].write_bytes(b"")
        runs.repair(out)


def is_done(start: runs.Start, item: int, at: At) -> bool:
    return bool(start.done.frames("made", key_of(item)["item"], 0, at.operating_point))


def key_of(item: int) -> dict[str, Any]:
    return {"dataset": "made", "item": f"item {item:02d}", "frame": 0}


def rows_of(asked: runs.Request, at: At, item: int, predicted: np.ndarray, *how: np.ndarray) -> dict[str, pa.Table]:
    """The rows of one item at one point."""
    made = {name: MAKERS[name](at, predicted, *how, False)[item : item + 1] for name in asked.schemas}
    return {name: pa.Table.from_pylist(rows, schema=asked.schemas[name]) for name, rows in made.items()}


@pytest.mark.parametrize("seed", range(12))
def test_no_score_is_one_of_other_rows_or_other_labels(seed: int, tmp_path: Path) -> None:
    """Whatever was kept while a run was killed, resumed, added to and its labels were corrected, the table of operating
    points is that of a folder where nothing was kept."""
    random, out = np.random.default_rng(seed), tmp_path / "run"
    for number in history(out, random):
        tallies.keep(out)
        if not runs.open(out).frames.num_rows:
            continue
        bare = shutil.copytree(out, tmp_path / f"bare {number}", ignore=shutil.ignore_patterns("tallies"))
        np.testing.assert_equal(operating_points(out).to_pydict(), operating_points(bare).to_pydict())


def test_a_run_that_ends_leaves_what_its_report_asks_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    pictures = write_pictures(tmp_path / "pictures", 3)
    list(run(Experiment(str(pictures), ("jpeg@50",), out, tasks=("edges:detector=canny",), metrics=("psnr",))))
    left = files(out)
    assert len(left) == 3  # labels of the original, and two points
    monkeypatch.setattr(tasks, "tally", lambda *words: pytest.fail("computed again"))
    assert operating_points(out).num_rows == 2 and files(out) == left


def test_shards_are_tallied_by_the_last_of_them(tmp_path: Path) -> None:
    out, pictures = tmp_path / "out", write_pictures(tmp_path / "pictures", 40)
    for index, tallied in ((0, 0), (1, 3)):
        asked = Experiment(
            str(pictures), ("jpeg@50",), out, tasks=("edges:detector=canny",), metrics=("psnr",), shard=(index, 2)
        )
        list(run(asked))
        assert len(files(out)) == tallied
    assert runs.open(out).is_whole


def test_a_run_that_is_stopped_has_no_tallies_and_one_with_nothing_to_do_makes_none(tmp_path: Path) -> None:
    out, pictures = tmp_path / "out", write_pictures(tmp_path / "pictures", 3)
    asked = Experiment(str(pictures), ("jpeg@50",), out, tasks=("edges:detector=canny",), metrics=("psnr",))
    for _ in run(asked):
        break
    assert not files(out)
    list(run(asked))
    shutil.rmtree(out / "tallies")
    list(run(asked))
    assert not files(out)


def test_a_scorer_that_fails_is_said_and_left_to_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    out, pictures = tmp_path / "out", write_pictures(tmp_path / "pictures", 2)

    def broken(*words: object) -> pa.Table:
        raise ZeroDivisionError("no box at all")

    monkeypatch.setattr(tasks, "tally", broken)
    list(run(Experiment(str(pictures), ("jpeg@50",), out, tasks=("edges:detector=canny",), metrics=("psnr",))))
    assert "edges has no tally yet" in caplog.text and "ZeroDivisionError: no box at all" in caplog.text
    with pytest.raises(ZeroDivisionError):
        operating_points(out)


def test_without_the_source_of_a_scorer_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = pa.table({"x": [1]})
    monkeypatch.setattr(tasks, "scoring_digest", lambda name: None)
    assert tallies.kept(tmp_path, "a user's", "question", [one], lambda: one) is one and not files(tmp_path)


def test_other_code_is_another_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = pa.table({"x": [1]}), pa.table({"x": [2]})
    for digest, table in (("a", one), ("b", two), ("a", one)):
        monkeypatch.setattr(tasks, "scoring_digest", lambda name, digest=digest: digest)
        assert tallies.kept(tmp_path, "edges", "question", [], lambda table=table: table) == table
    assert len(files(tmp_path)) == 2
