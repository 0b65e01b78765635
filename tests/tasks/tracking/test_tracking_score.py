"""Tracks through stored boxes, scored as TrackEval scores files of its own MOTChallenge layout."""

from __future__ import annotations

import configparser
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import yaml

from ahc_stream import tasks
from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.labels import BOXES, KEY
from ahc_stream.datasets import mot
from ahc_stream.tasks import units
from ahc_stream.tasks.detection.score import DETECTIONS
from ahc_stream.tasks.networks import ultralytics_import
from ahc_stream.tasks.tracking import score as tracking_score
from ahc_stream.tasks.tracking.tracker import track
from tests.conftest import real
from tests.tasks.score_traits import traits

FRAMES = pa.schema([*KEY, ("width", pa.int32()), ("height", pa.int32())])
TRACKING = tasks.parse("tracking")
OPTIONS = dict(TRACKING.options)


def box(x: float, y: float = 100, width: float = 40, height: float = 80) -> dict[str, float]:
    return {"x1": x, "y1": y, "x2": x + width, "y2": y + height}


def key(item: str, frame: int) -> dict[str, Any]:
    return {"dataset": "d", "item": item, "frame": frame}


def label(item: str, frame: int, number: int, at: dict[str, float], name: str = "person", ignore: bool = False) -> dict:
    return key(item, frame) | at | {"track_id": number, "class_name": name, "area": 3200.0, "ignore": ignore}


def found(item: str, frame: int, at: dict[str, float], score: float = 0.9, name: str = "person") -> dict:
    return key(item, frame) | at | {"score": score, "class_id": 0, "class_name": name}


def tables_of(predictions: list[dict], labels: list[dict], lengths: dict[str, int]) -> tuple[pa.Table, ...]:
    rows = [
        key(item, frame) | {"width": 640, "height": 480} for item, count in lengths.items() for frame in range(count)
    ]
    return (
        pa.Table.from_pylist(predictions, pa.schema([*KEY, *DETECTIONS])),
        pa.Table.from_pylist(labels, BOXES),
        pa.Table.from_pylist(rows, FRAMES),
    )


def score(predictions: list[dict], labels: list[dict], lengths: dict[str, int]) -> dict[str, float]:
    return tasks.score(TRACKING, *tables_of(predictions, labels, lengths))


def walk(item: str, frames: int, start: float = 10, step: float = 2, number: int = 1) -> tuple[list[dict], list[dict]]:
    """One person who walks to the right, found in each frame."""
    places = [box(start + step * frame) for frame in range(frames)]
    return [found(item, n, at) for n, at in enumerate(places)], [
        label(item, n, number, at) for n, at in enumerate(places)
    ]


def test_a_person_who_is_found_in_every_frame_is_one_track() -> None:
    values = score(*walk("a", 10), {"a": 10})
    assert (values["MOTA"], values["IDF1"], values["IDSW"]) == (1, 1, 0)
    assert values["DetA"] > 0.9 and values["AssA"] > 0.9 and values["HOTA"] == pytest.approx(values["HOTA_a"])


def test_nobody_found_is_zero_and_nobody_to_find_is_nothing() -> None:
    predictions, labels = walk("a", 5)
    values = score([], labels, {"a": 5})
    assert (values["HOTA"], values["MOTA"], values["IDF1"]) == (0, 0, 0)
    assert score(predictions, [], {"a": 5}) == {}
    assert score(predictions, [row | {"track_id": -1} for row in labels], {"a": 5}) == {}


def test_a_gap_in_the_boxes_is_bridged_and_a_long_one_is_another_track() -> None:
    predictions, labels = walk("a", 60, step=0)
    short = score([row for row in predictions if not 20 <= row["frame"] < 40], labels, {"a": 60})
    assert short["IDSW"] == 0 and short["MOTA"] == pytest.approx(40 / 60)
    spec = tasks.parse("tracking:buffer=10")
    args = tables_of([row for row in predictions if not 20 <= row["frame"] < 40], labels, {"a": 60})
    assert tasks.score(spec, *args)["IDSW"] == 1


def test_frames_that_are_not_there_pass_by_the_tracker_and_are_not_scored() -> None:
    """Frames 20 to 39 could not be coded: they are in no table. The person is gone for 20 frames all the same."""
    predictions, labels = walk("a", 60, step=0)
    args = tables_of(predictions, labels, {"a": 60})
    predicted, truth, frames = (
        t.filter(pc.or_(pc.less(t["frame"], 20), pc.greater_equal(t["frame"], 40))) for t in args
    )
    assert tasks.score(TRACKING, predicted, truth, frames)["MOTA"] == 1
    values = tasks.score(tasks.parse("tracking:buffer=10"), predicted, args[1], frames)
    assert values["IDSW"] == 1 and values["MOTA"] == pytest.approx(1 - 2 / 40)  # one frame to confirm the new track


def test_people_to_ignore_count_neither_for_nor_against() -> None:
    predictions, labels = walk("a", 10)
    other, _ = walk("a", 10, start=300)
    ignored = [label("a", n, 9, box(300 + 2 * n), ignore=True) for n in range(10)]
    assert score(predictions + other, labels, {"a": 10})["MOTA"] == pytest.approx(0)
    assert score(predictions + other, labels + ignored, {"a": 10})["MOTA"] == 1


def test_classes_are_tracked_apart_and_those_without_labels_are_left_out() -> None:
    predictions, labels = walk("a", 10)
    dogs = [row | {"class_name": "dog"} for row in predictions]
    assert score(predictions + dogs, labels, {"a": 10})["MOTA"] == 1
    tally = tasks.tally(
        TRACKING, *tables_of(predictions, labels + [row | {"class_name": "dog"} for row in labels], {"a": 10})
    )
    assert tally["class_name"].to_pylist() == ["dog", "person"] and tally["CLR_FN"].to_pylist() == [10, 0]
    assert tracking_score.scores(tally)(None)["MOTA"] == 0.5


@pytest.mark.parametrize("tracker", ["bytetrack", "botsort"])
def test_both_trackers_follow_two_people_who_pass(tracker: str) -> None:
    left, right = walk("a", 30, start=0, step=6), walk("a", 30, start=200, step=-6, number=2)
    lowered = (
        [row | {"y1": 150.0, "y2": 230.0} for row in right[0]],
        [row | {"y1": 150.0, "y2": 230.0} for row in right[1]],
    )
    args = tables_of(left[0] + lowered[0], left[1] + lowered[1], {"a": 30})
    values = tasks.score(tasks.parse(f"tracking:tracker={tracker}"), *args)
    assert values["IDSW"] == 0 and values["MOTA"] > 0.9 and values["HOTA"] > 0.7


def test_every_sequence_has_a_row_and_weights_count_sequences() -> None:
    a, b = walk("a", 10), walk("b", 20)
    lost = [row for row in b[0] if row["frame"] < 10]
    lengths = {"a": 10, "b": 20, "c": 5}
    tally = tasks.tally(TRACKING, *tables_of(a[0] + lost, a[1] + b[1], lengths))
    assert tally.schema == tracking_score.TALLY and units.of(tally)["item"].to_pylist() == ["a", "b", "c"]
    scores = tracking_score.scores(tally)
    assert scores(None)["MOTA"] == pytest.approx(20 / 30) and scores(None)["MOTA_b"] == pytest.approx(0.5)
    assert scores(np.array([2, 0, 1]))["MOTA"] == 1 and np.isnan(scores(np.array([2, 0, 1]))["HOTA_b"])
    assert scores(np.array([1, 2.0, 0]))["MOTA"] == pytest.approx(30 / 50)
    again = [row | {"item": "bb"} for row in lost], [row | {"item": "bb"} for row in b[1]]
    doubled = score(a[0] + lost + again[0], a[1] + b[1] + again[1], {"a": 10, "b": 20, "bb": 20})
    for name in tracking_score.COMBINED:
        assert scores(np.array([1, 2, 0]))[name] == pytest.approx(doubled[name], abs=1e-12)
    assert all(np.isnan(value) for value in scores(np.zeros(3)).values())
    rows = tracking_score.outcomes(tally).to_pylist()
    assert [row["MOTA"] for row in rows] == pytest.approx([1, 0.5, 0])


def test_tracks_of_the_original_become_labels_that_it_meets() -> None:
    people, cars = walk("a", 10)[0], [row | {"class_name": "car"} for row in walk("a", 10, start=300)[0]]
    predictions, _, frames = tables_of(people + cars, [], {"a": 10})
    labels = tasks.as_labels(TRACKING, predictions)
    assert labels.schema == BOXES and set(labels["class_name"].to_pylist()) == {"person", "car"}
    assert len(set(labels["track_id"].to_pylist())) == 2 and not any(labels["ignore"].to_pylist())
    assert tasks.score(TRACKING, predictions, labels, frames)["HOTA"] == 1
    strict = tasks.as_labels(tasks.parse("tracking:new=0.95"), predictions)
    assert strict.num_rows == 0 and tasks.score(TRACKING, predictions, strict, frames) == {}


def test_numbers_of_tracks_go_on_from_class_to_class_without_a_gap() -> None:
    people = walk("a", 10)[0]
    cars, dogs = ([row | {"class_name": name} for row in walk("a", 10, start=300)[0]] for name in ("car", "dog"))
    unsure = [row | {"score": 0.01} for row in cars]  # no track

    def numbers(rows: list[dict]) -> dict[str, int]:
        labels = tasks.as_labels(TRACKING, tables_of(rows, [], {"a": 10})[0])
        return dict(zip(labels["class_name"].to_pylist(), labels["track_id"].to_pylist(), strict=True))

    assert numbers(people + cars + dogs) == {"car": 1, "dog": 2, "person": 3}
    assert numbers(people + unsure + dogs) == {"dog": 1, "person": 2}


@pytest.mark.parametrize("tracker", ["bytetrack", "botsort"])
def test_defaults_are_those_of_ultralytics(tracker: str) -> None:
    cfg = Path(ultralytics_import.load("trackers", "tracking").__file__).parents[1] / "cfg/trackers" / f"{tracker}.yaml"
    theirs = yaml.safe_load(cfg.read_text())
    names = {"high": "track_high_thresh", "low": "track_low_thresh", "new": "new_track_thresh"}
    names |= {"buffer": "track_buffer", "match": "match_thresh"}
    assert {name: float(OPTIONS[name]) for name in names} == {name: theirs[key] for name, key in names.items()}
    assert theirs["fuse_score"] is True


@pytest.mark.parametrize("package", ["trackeval.metrics", "lap"])
def test_what_is_not_installed_is_named_with_the_install_line(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("ultralytics.trackers")]:
        monkeypatch.delitem(sys.modules, name)
    tracking_score._metrics.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=r"pip install 'ahc-stream\[tracking\]'"):
        score(*walk("a", 3), {"a": 3})


def test_scoring_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    tracking_score._metrics.cache_clear()  # TrackEval prints its settings where it is not told otherwise
    score(*walk("a", 3), {"a": 3})
    assert capsys.readouterr().out == ""


def noisy(labels: pa.Table, seed: int) -> list[dict]:
    """Boxes as a detector might find them: most of the labels, moved a little, some people twice, and false ones."""
    draw = np.random.default_rng(seed)
    rows = []
    for row in labels.to_pylist():
        at = {name: row[name] + draw.normal(0, 6) for name in ("x1", "y1", "x2", "y2")}
        if draw.random() < 0.8 and at["x2"] > at["x1"] and at["y2"] > at["y1"]:
            rows.append({name: row[name] for name in ("dataset", "item", "frame")} | at)
        if draw.random() < 0.1:
            x, y = draw.uniform(0, 1500), draw.uniform(0, 900)
            rows.append({name: row[name] for name in ("dataset", "item", "frame")} | box(x, y))
    return [row | {"score": draw.uniform(0.05, 1), "class_id": 0, "class_name": "person"} for row in rows]


def trackeval_of(root: Path, folder: Path, tracks: dict[str, list[str]], lengths: dict[str, int]) -> dict[str, dict]:
    """TrackEval's own run over gt.txt of a tree and files of tracks: sequence or COMBINED_SEQ -> field -> value."""
    from trackeval.datasets import MotChallenge2DBox
    from trackeval.eval import Evaluator
    from trackeval.metrics import CLEAR, HOTA, Identity

    (folder / "ours" / "data").mkdir(parents=True)
    for name, lines in tracks.items():
        (folder / "ours" / "data" / f"{name}.txt").write_text("\n".join(lines) + "\n")
    quiet = {"PRINT_CONFIG": False}
    ask = {
        "GT_FOLDER": str(root),
        "TRACKERS_FOLDER": str(folder),
        "SKIP_SPLIT_FOL": True,
        "SEQ_INFO": lengths,
        "TRACKERS_TO_EVAL": ["ours"],
    }
    silent = dict.fromkeys(
        ("PRINT_RESULTS", "OUTPUT_SUMMARY", "OUTPUT_DETAILED", "PLOT_CURVES", "TIME_PROGRESS"), False
    )
    evaluator = Evaluator(quiet | silent | {"BREAK_ON_ERROR": True, "LOG_ON_ERROR": None})
    results, _ = evaluator.evaluate(
        [MotChallenge2DBox(quiet | ask)], [HOTA(), CLEAR(dict(quiet)), Identity(dict(quiet))]
    )
    return {
        name: {field: float(np.mean(value)) for part in of["pedestrian"].values() for field, value in part.items()}
        for name, of in results["MotChallenge2DBox"]["ours"].items()
    }


def lines_of(predictions: pa.Table, item: str) -> list[str]:
    """The tracks of an item in MOTChallenge's columns; pixels and frames count from 1 there."""
    rows = predictions.filter(pc.equal(predictions["item"], item))
    corners = np.stack([rows[name].to_numpy() for name in ("x1", "y1", "x2", "y2")], axis=1)
    tracks = track(rows["frame"].to_numpy(), corners, rows["score"].to_numpy(), OPTIONS)
    return [
        f"{frame + 1},{number},{x1 + 1!r},{y1 + 1!r},{x2 - x1!r},{y2 - y1!r},1,-1,-1,-1"
        for frame, number, (x1, y1, x2, y2) in zip(*(part.tolist() for part in tracks), strict=True)
    ]


def assert_equal_to_trackeval(root: Path, lengths: dict[str, int], folder: Path) -> None:
    labels = mot.open_tree(root, "mot17")[1]["detection"]
    predictions = pa.Table.from_pylist(noisy(labels, 3), pa.schema([*KEY, *DETECTIONS]))
    rows = [
        {"dataset": "mot17", "item": item, "frame": n, "width": 1, "height": 1}
        for item, count in lengths.items()
        for n in range(count)
    ]
    values = tasks.score(TRACKING, predictions, labels, pa.Table.from_pylist(rows, FRAMES))
    theirs = trackeval_of(root, folder, {item: lines_of(predictions, item) for item in lengths}, lengths)
    assert 0.2 < values["HOTA"] < 0.9
    for name in tracking_score.COMBINED:
        assert values[name] == pytest.approx(theirs["COMBINED_SEQ"][name], abs=1e-6), name
    for item in lengths:
        for name in tracking_score.PER_SEQUENCE:
            assert values[f"{name}_{item}"] == pytest.approx(theirs[item][name], abs=1e-6), (item, name)


def write_tree(root: Path) -> None:
    """Two sequences of people who walk, some static (class 7) or in a car (class 3), as gt.txt has them."""
    draw = np.random.default_rng(1)
    for name in ("A", "B"):
        folder = root / name
        (folder / "img1").mkdir(parents=True), (folder / "gt").mkdir()
        lines = []
        for number in range(1, 13):
            x, y, step = draw.uniform(0, 900), draw.uniform(0, 500), draw.uniform(-8, 8, 2)
            kind = 7 if number == 3 else 3 if number == 4 else 1
            for frame in range(1, 41):
                place = f"{x + step[0] * frame},{y + step[1] * frame},60,140"
                lines.append(f"{frame},{number},{place},{int(kind == 1)},{kind},1")
        (folder / "gt" / "gt.txt").write_text("\n".join(lines) + "\n")
        (folder / "seqinfo.ini").write_text("[Sequence]\nimDir=img1\nframeRate=25\nseqLength=40\n")
        for frame in range(1, 41):
            (folder / "img1" / f"{frame:06d}.jpg").write_bytes(b"")


def test_scores_are_those_of_trackeval_on_files(tmp_path: Path) -> None:
    write_tree(tmp_path / "gt")
    assert_equal_to_trackeval(tmp_path / "gt", {"A": 40, "B": 40}, tmp_path / "trackers")


def test_scores_of_real_sequences_are_those_of_trackeval_on_files(tmp_path: Path) -> None:
    """Real ground truth of MOT17 with its static people, reflections and cars; TrackEval reads gt.txt itself."""
    root, cut = real("datasets/MOT17/train"), tmp_path / "gt"
    lengths = {}
    for folder in (root / "MOT17-02-FRCNN", root / "MOT17-04-FRCNN"):
        info = configparser.ConfigParser()
        info.read(folder / "seqinfo.ini")
        lengths[folder.name] = len(list((folder / info["Sequence"]["imDir"]).glob("*.jpg")))
        (cut / folder.name / "gt").mkdir(parents=True)
        for name in ("img1", "seqinfo.ini"):
            (cut / folder.name / name).symlink_to(folder / name)
        lines = (folder / "gt/gt.txt").read_text().splitlines()
        here = [line for line in lines if int(line.split(",")[0]) <= lengths[folder.name]]
        (cut / folder.name / "gt/gt.txt").write_text("\n".join(here) + "\n")
    assert_equal_to_trackeval(cut, lengths, tmp_path / "trackers")


def test_what_a_report_is_told_of_the_scores() -> None:
    counts = {"IDSW": "headline, whole, lower is better", "Frag": "whole, lower is better"}
    headline = dict.fromkeys(("HOTA", "MOTA", "IDF1"), "headline, share")
    others = dict.fromkeys(("DetA", "AssA", "LocA", "MOTP"), "share")
    of_sequences = dict.fromkeys(("HOTA_", "DetA_", "AssA_", "MOTA_", "IDF1_"), "share, per sequence")
    switches = {"IDSW_": "whole, lower is better, per sequence"}
    assert traits(tracking_score.SCORES) == counts | headline | others | of_sequences | switches
