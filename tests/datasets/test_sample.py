"""The sample: made whole, the same each time, boxes on the persons."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ahc_stream import datasets
from ahc_stream.core.errors import MediaError, MissingExtra
from ahc_stream.datasets import sample

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("ultralytics") is None, reason="ultralytics, which ships the photo, is not installed"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("AHC_STREAM_HOME", str(home))
        patch.delenv("AHC_STREAM_PATH", raising=False)
        datasets.load("sample")
    return home / "datasets" / "sample"


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("AHC_STREAM_PATH", raising=False)
    return tmp_path / "home"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_is_an_ordinary_mot_sequence(made: Path) -> None:
    dataset = datasets.load("sample", made)
    (item,) = dataset.items
    assert (item.medium, len(item.paths), item.frames_per_second) == ("sequence", 24, 25.0)
    assert Image.open(item.paths[0]).size == (640, 480)
    assert dataset.tasks == ("detection:model=yolov5n:size=640",)


def test_making_it_twice_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    sample.make(tmp_path / "again")
    assert contents(tmp_path / "again") == contents(made)


def test_nothing_but_the_folder_is_left(made: Path) -> None:
    assert [path.name for path in made.parent.iterdir()] == ["sample"]


def test_boxes_come_back_from_the_file_as_they_were_computed(made: Path) -> None:
    table = datasets.load("sample", made).labels["detection"].to_pylist()
    for frame in range(sample.FRAMES):
        read = [row for row in table if row["frame"] == frame]
        for row, (person, box, share) in zip(read, sample.boxes(frame), strict=True):
            assert row["track_id"] == person
            assert row["ignore"] == (share < sample.IGNORED_BELOW)
            assert [row[side] for side in ("x1", "y1", "x2", "y2")] == pytest.approx(box, abs=2e-4)


def test_every_box_lies_in_its_frame_and_most_count() -> None:
    found = [(box, share) for frame in range(sample.FRAMES) for _, box, share in sample.boxes(frame)]
    for (x1, y1, x2, y2), _ in found:
        assert 0 <= x1 < x2 <= sample.WIDTH and 0 <= y1 < y2 <= sample.HEIGHT
    assert sum(share >= sample.IGNORED_BELOW for _, share in found) >= 3 * sample.FRAMES


def test_the_window_stays_in_the_photo_and_moves_smoothly() -> None:
    windows = [sample.view_of(frame).box for frame in range(sample.FRAMES)]
    for x1, y1, x2, y2 in windows:
        assert x1 >= -1e-9 and y1 >= 0 and x2 <= sample.PHOTO_SIZE[0] + 1e-9 and y2 <= sample.PHOTO_SIZE[1]
    steps = np.abs(np.diff(np.array(windows), axis=0))
    assert 1.0 < steps.max() < 20.0


def test_frames_and_boxes_follow_the_same_map(made: Path) -> None:
    """The content of a box, resized to one size, looks alike in the first and a later frame; shifted, it does not."""
    folder = made / "train" / sample.SEQUENCE / "img1"
    first, later = ({person: box for person, box, _ in sample.boxes(frame)} for frame in (0, 20))

    def patch(frame: int, box: tuple[float, float, float, float], shift: float = 0.0) -> np.ndarray:
        moved = (box[0] + shift, box[1], box[2] + shift, box[3])
        image = Image.open(folder / f"{frame + 1:06d}.png").convert("L")
        return np.asarray(image.resize((60, 160), Image.Resampling.BILINEAR, box=moved), dtype=float)

    straight = np.abs(patch(0, first[2]) - patch(20, later[2])).mean()
    shifted = np.abs(patch(0, first[2]) - patch(20, later[2], shift=4.0)).mean()
    assert straight < 8.0 < shifted


def test_a_copy_of_another_version_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "sample"
    folder.mkdir()
    (folder / "sample.json").write_text(json.dumps({"version": sample.VERSION - 1}))
    (folder / "old.png").write_bytes(b"")
    sample.make(folder)
    assert sample.is_made(folder) and not (folder / "old.png").exists()


def test_a_failure_halfway_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "_lines", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sample.make(tmp_path / "to" / "sample")
    assert list((tmp_path / "to").iterdir()) == []


def test_without_ultralytics_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(MissingExtra, match=r"ahc-stream\[detection\]"):
        sample.make(tmp_path / "sample")


def test_another_photo_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (64, 48)).save(tmp_path / "bus.jpg")
    monkeypatch.setattr(sample, "_photo", lambda: tmp_path / "bus.jpg")
    with pytest.raises(MediaError, match="810 x 1080"):
        sample.make(tmp_path / "sample")
