"""MOTChallenge trees, synthetic and real: frames that are there, ground truth that counts."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.labels import BOXES
from ahc_stream.datasets import mot
from tests.conftest import real

SEQINFO = "[Sequence]\nname=x\nimDir=img1\nframeRate=25\nseqLength=600\nimExt=.jpg\n"


def sequence(folder: Path, numbers: tuple[int, ...] = (1, 2), truth: str | None = "", info: str = SEQINFO) -> Path:
    (folder / "img1").mkdir(parents=True)
    (folder / "seqinfo.ini").write_text(info)
    for number in numbers:
        (folder / "img1" / f"{number:06d}.jpg").write_bytes(b"")
    if truth is not None:
        (folder / "gt").mkdir()
        (folder / "gt" / "gt.txt").write_text(truth)
    return folder


def rows(root: Path) -> list[dict[str, object]]:
    table = mot.open_tree(root, "mot17")[1]["detection"]
    assert table.schema == BOXES
    return table.to_pylist()


def test_boxes_are_moved_to_pixels_and_frames_from_zero(tmp_path: Path) -> None:
    sequence(tmp_path / "train" / "A", truth="2,7,11,21,30.5,40,1,1,0.5\n")
    assert rows(tmp_path) == [
        {
            "dataset": "mot17",
            "item": "A",
            "frame": 1,
            "track_id": 7,
            "class_name": "person",
            "x1": 10.0,
            "y1": 20.0,
            "x2": 40.5,
            "y2": 60.0,
            "area": 30.5 * 40,
            "ignore": False,
        }
    ]


@pytest.mark.parametrize(
    ("flag", "kind", "ignore"),
    [(1, 1, False), (0, 1, True), (0, 2, True), (1, 7, True), (0, 8, True), (0, 12, True)],
)
def test_persons_count_and_person_like_ones_are_ignored(tmp_path: Path, flag: int, kind: int, ignore: bool) -> None:
    sequence(tmp_path / "A", truth=f"1,1,1,1,5,5,{flag},{kind},1\n")
    assert [(row["class_name"], row["ignore"]) for row in rows(tmp_path)] == [("person", ignore)]


@pytest.mark.parametrize("kind", [3, 4, 5, 6, 9, 10, 11, 13])
def test_other_classes_are_dropped(tmp_path: Path, kind: int) -> None:
    sequence(tmp_path / "A", truth=f"1,1,1,1,5,5,1,{kind},1\n")
    assert rows(tmp_path) == []


def test_ten_columns_are_pedestrians_with_world_coordinates(tmp_path: Path) -> None:
    sequence(tmp_path / "A", truth="1,1,1,1,5,5,1,-4.5,3.2,0\n1,2,1,1,5,5,0,-1,-1,-1\n")
    assert [row["ignore"] for row in rows(tmp_path)] == [False, True]


def test_frames_are_those_that_are_there_and_labels_follow_them(tmp_path: Path) -> None:
    truth = "".join(f"{frame},1,{frame},1,5,5,1,1,1\n" for frame in range(1, 12))
    sequence(tmp_path / "A", numbers=(10, 2, 5), truth=truth)
    (item,), _ = mot.open_tree(tmp_path, "mot17")
    assert [path.name for path in item.paths] == ["000002.jpg", "000005.jpg", "000010.jpg"]
    assert (item.medium, item.frames_per_second) == ("sequence", 25.0)
    assert [(row["frame"], row["x1"]) for row in rows(tmp_path)] == [(0, 1.0), (1, 4.0), (2, 9.0)]


def test_an_empty_truth_is_an_empty_table(tmp_path: Path) -> None:
    sequence(tmp_path / "A", truth="\n")
    assert rows(tmp_path) == []


def test_each_recording_is_read_once_from_the_preferred_copy(tmp_path: Path) -> None:
    for name in ("MOT17-02-DPM", "MOT17-02-FRCNN", "MOT17-02-SDP", "MOT17-04-SDP", "PETS09-S2L1"):
        sequence(tmp_path / "train" / name)
    names = [folder.name for folder in mot.sequence_folders(tmp_path)]
    assert names == ["MOT17-02-FRCNN", "MOT17-04-SDP", "PETS09-S2L1"]


def test_the_tree_its_train_folder_or_one_sequence_may_be_named(tmp_path: Path) -> None:
    folder = sequence(tmp_path / "train" / "A")
    sequence(tmp_path / "test" / "B", truth=None)
    for root in (tmp_path, tmp_path / "train", folder):
        assert [item.name for item in datasets.load("mot17", root).items] == ["A"]


def test_a_tree_without_truth_has_no_labels(tmp_path: Path) -> None:
    sequence(tmp_path / "test" / "B", truth=None)
    assert mot.open_tree(tmp_path / "test", "mot17")[1] == {}


def test_a_sequence_without_truth_among_others_is_refused(tmp_path: Path) -> None:
    sequence(tmp_path / "A")
    sequence(tmp_path / "B", truth=None)
    with pytest.raises(MissingData, match=r"gt/gt\.txt"):
        mot.open_tree(tmp_path, "mot17")


def test_a_root_without_sequences_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"seqinfo\.ini"):
        datasets.load("mot17", tmp_path)
    with pytest.raises(MissingData, match=r"seqinfo\.ini"):
        mot.open_tree(tmp_path, "mot17")


@pytest.mark.parametrize(
    "truth", ["1,1,1,1,5,5,1,1\n", "1,1,1,1,5,5,1,1,1\n1,2,3\n", "1,1,a,1,5,5,1,1,1\n", "1 1 1 1\n", "\0\xff"]
)
def test_odd_truth_names_its_file(tmp_path: Path, truth: str) -> None:
    sequence(tmp_path / "A", truth=truth)
    with pytest.raises(MediaError, match=r"gt\.txt"):
        mot.open_tree(tmp_path, "mot17")


@pytest.mark.parametrize("info", ["", "frameRate=25\n", "[Sequence]\n", SEQINFO.replace("25", "nan"), "[Sequence\n"])
def test_an_odd_seqinfo_names_its_file(tmp_path: Path, info: str) -> None:
    sequence(tmp_path / "A", info=info)
    with pytest.raises(MediaError, match=r"seqinfo\.ini"):
        mot.open_tree(tmp_path, "mot17")


def test_a_sequence_without_frames_is_missing_data(tmp_path: Path) -> None:
    sequence(tmp_path / "A", numbers=())
    with pytest.raises(MissingData, match="numbered images"):
        mot.open_tree(tmp_path, "mot17")


def test_a_part_of_a_sequence_says_how_much_it_is(tmp_path: Path) -> None:
    sequence(tmp_path / "A")
    sequence(tmp_path / "B", info=SEQINFO.replace("600", "2"))
    sequence(tmp_path / "C", info=SEQINFO.replace("600", "?"))
    assert mot.notes(tmp_path) == ["A: 2 of 600 frames are here"]


def test_the_real_tree_has_its_frames_and_pedestrians() -> None:
    dataset = datasets.load("mot17", real("datasets/MOT17"))
    frames = {item.name: len(item.paths) for item in dataset.items}
    assert frames["MOT17-02-FRCNN"] == 4 and frames["MOT17-04-FRCNN"] == 8
    table = dataset.labels["detection"]
    for name, persons, ignored in (("MOT17-02-FRCNN", 88, 48), ("MOT17-04-FRCNN", 336, 32)):
        mine = table.filter(pa.compute.equal(table["item"], name))
        assert sum(mine["ignore"].to_pylist()) == ignored
        assert mine.num_rows == persons + ignored
        assert set(mine["frame"].to_pylist()) == set(range(frames[name]))
    assert dataset.tasks == ("detection:model=yolov5n:size=1280", "tracking")
