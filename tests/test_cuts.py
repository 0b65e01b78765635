"""Cut data (--frames, --every): rows keep the numbers of the whole, and are those of a stream of these frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest

from ahc_stream import datasets, runs
from ahc_stream.core.clip import Item
from ahc_stream.core.errors import InvalidValue, StorageError
from ahc_stream.core.labels import BOXES, CLASSES
from ahc_stream.datasets import Dataset
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import Run
from tests.pictures import write_pictures
from tests.whole_runs import make_dataset, write_video

CODECS = ("jpeg@60", "h264@30")
MEASURED = ["frame", "codec", "quality", "frame_type", "payload_bits", "psnr"]


def finished(experiment: Experiment) -> Run:
    run = Run(experiment)
    for _ in run:
        pass
    return run


def rows_of(out: Path) -> pd.DataFrame:
    frames = runs.open(out).frames.to_pandas()
    return frames[MEASURED].sort_values(["codec", "frame"]).reset_index(drop=True)


def sequence(folder: Path, numbers: range, rate: float) -> Dataset:
    paths = tuple(folder / f"{number:03d}.png" for number in numbers)
    return Dataset("walk", (Item("walk", "one", "sequence", paths, (), rate),))


def asked(dataset: str | Dataset, out: Path, **settings: object) -> Experiment:
    return Experiment(dataset, CODECS, out, (), ("psnr",), device="cpu", **settings)


@pytest.mark.parametrize("clip_frames", [1, 4, 16])
@pytest.mark.parametrize("cut", [range(0, 20, 1), range(0, 20, 3), range(5, 13, 1), range(4, 19, 5), range(19, 20, 1)])
def test_a_cut_sequence_is_the_sequence_of_its_frames_under_their_numbers(
    tmp_path: Path, cut: range, clip_frames: int
) -> None:
    pictures = write_pictures(tmp_path / "pictures", 20)
    whole, part = sequence(pictures, range(20), 30.0), sequence(pictures, cut, 30.0 / cut.step)
    run = finished(
        asked(whole, tmp_path / "cut", frames=(cut.start, cut.stop), every=cut.step, clip_frames=clip_frames)
    )
    finished(asked(part, tmp_path / "part"))
    rows, expected = rows_of(tmp_path / "cut"), rows_of(tmp_path / "part")
    expected["frame"] = expected["frame"].map(list(cut).__getitem__).astype("int32")
    pd.testing.assert_frame_equal(rows, expected)
    assert run.plan.dataset.names == ("one",) and not run.failures
    rates = [[row["kbit_s"] for row in operating_points(tmp_path / name).to_pylist()] for name in ("cut", "part")]
    assert rates[0] == pytest.approx(rates[1], rel=1e-6)
    assert runs.verify(tmp_path / "cut") == []
    assert not list(Run(asked(whole, tmp_path / "cut", frames=(cut.start, cut.stop), every=cut.step)))


@pytest.mark.parametrize("source", ["pyav", "isolated", "dali"])
def test_a_cut_video_has_the_pixels_of_its_frames(tmp_path: Path, source: str) -> None:
    if source == "dali":
        pytest.importorskip("nvidia.dali")
    write_video(tmp_path / "film.mkv", [40 * number for number in range(14)], "libx264")
    settings = {"isolate": True} if source == "isolated" else {}
    whole = finished(asked(str(tmp_path / "film.mkv"), tmp_path / "whole"))
    finished(asked(str(tmp_path / "film.mkv"), tmp_path / "cut", frames=(3, None), every=4, **settings))
    assert whole.plan.dataset.names == ("film",)
    rows, of_whole = rows_of(tmp_path / "cut"), rows_of(tmp_path / "whole")
    stills, known = rows[rows["codec"] == "jpeg"], of_whole[of_whole["codec"] == "jpeg"]
    assert stills["frame"].tolist() == [3, 7, 11]
    pd.testing.assert_frame_equal(
        stills.reset_index(drop=True), known[known["frame"].isin([3, 7, 11])].reset_index(drop=True)
    )


def test_a_killed_run_of_cut_data_goes_on_and_another_cut_is_another_run(tmp_path: Path) -> None:
    data = make_dataset(tmp_path / "data")
    experiment = asked(str(data), tmp_path / "out", frames=(1, 9), every=2, clip_frames=1, flush_seconds=0)
    rows = iter(Run(experiment))
    for _ in range(4):
        next(rows)
    rows.close()
    finished(experiment)
    finished(asked(str(data), tmp_path / "at_once", frames=(1, 9), every=2))
    pd.testing.assert_frame_equal(rows_of(tmp_path / "out"), rows_of(tmp_path / "at_once"))
    assert runs.verify(tmp_path / "out") == [] and not list(Run(experiment))
    for other in ({"frames": (1, 8)}, {"every": 3}, {"frames": None}):
        with pytest.raises(StorageError, match="another --out"):
            finished(replace(experiment, **other))


def test_a_video_shorter_than_its_cut_is_a_failure_that_says_so(tmp_path: Path) -> None:
    write_video(tmp_path / "film.mkv", [0, 40, 80], "libx264")
    run = finished(asked(str(tmp_path / "film.mkv"), tmp_path / "out", frames=(5, 9)))
    assert "frames from 5 on in film; got 3 frames" in str(run.failures[0])


def test_labels_are_cut_with_their_frames_and_classes_of_videos_stay(tmp_path: Path) -> None:
    pictures = write_pictures(tmp_path / "pictures", 6)
    box = {"dataset": "walk", "item": "one", "track_id": 1, "class_name": "cat", "area": 1.0, "ignore": False}
    corners = {"x1": 0.0, "y1": 0.0, "x2": 1.0, "y2": 1.0}
    boxes = pa.Table.from_pylist([{**box, **corners, "frame": number} for number in range(6)], BOXES)
    classes = pa.Table.from_pylist([{"dataset": "walk", "item": "one", "frame": 0, "class_name": "cat"}], CLASSES)
    dataset = replace(sequence(pictures, range(6), 25.0), labels={"detection": boxes, "classification": classes})
    cut = dataset.cut((1, None), 2)
    assert cut.labels["detection"]["frame"].to_pylist() == [1, 3, 5]
    assert cut.labels["classification"] == classes and dataset.cut(None, 1) is dataset


def test_every_is_of_stills_too_and_frames_are_not(tmp_path: Path) -> None:
    dataset = datasets.load(write_pictures(tmp_path / "pictures", 70))
    thinned = dataset.cut(None, 30)
    assert thinned.names == ("000", "030", "060") and [len(item.paths) for item in thinned.items] == [3]
    with pytest.raises(InvalidValue, match="images alone"):
        dataset.cut((0, 5), 1)
    for frames in ((5, 5), (-1, 3)):
        with pytest.raises(InvalidValue, match="0 <= A < B"):
            asked("x", tmp_path, frames=frames)
