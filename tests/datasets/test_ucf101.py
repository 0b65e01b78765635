"""UCF101: the official tree and split files, what of it counts, and what is said of a part of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import datasets
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.labels import CLASSES
from ahc_stream.datasets import ucf101
from ahc_stream.sources import open_item
from tests.conftest import real
from tests.sources.streams import CPU

CLIPS = ("Archery/v_Archery_g01_c01", "Archery/v_Archery_g08_c02", "YoYo/v_YoYo_g01_c01")


def tree(folder: Path, *clips: str) -> Path:
    for clip in clips:
        path = folder / f"{clip}.avi"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return folder


def lists(folder: Path, **files: str) -> None:
    (folder / ucf101.LISTS).mkdir(parents=True)
    for name, text in files.items():
        (folder / ucf101.LISTS / f"{name}.txt").write_text(text)


def names(root: Path, **options: object) -> list[str]:
    return [item.name for item in ucf101.open_tree(root, "ucf101", **options)[0]]


def test_without_split_files_every_clip_counts_and_the_check_says_so(tmp_path: Path) -> None:
    dataset = datasets.load("ucf101", tree(tmp_path / "UCF-101", *CLIPS))
    assert [item.name for item in dataset.items] == list(CLIPS)
    assert dataset.notes == ("no ucfTrainTestlist in it or beside it, so all 3 clips of 2 classes count",)
    assert {item.medium for item in dataset.items} == {"video"}


@pytest.mark.parametrize("place", ["UCF-101", "."])
def test_the_test_half_of_a_split_is_what_its_file_lists_in_its_order(tmp_path: Path, place: str) -> None:
    root = tree(tmp_path / "UCF-101", *CLIPS)
    lists(
        tmp_path / place,
        testlist01=f"{CLIPS[2]}.avi\r\n{CLIPS[0]}.avi\r\n\r\n",
        trainlist01=f"{CLIPS[1]}.avi 1\n",
        testlist03=f"{CLIPS[1]}.avi\n",
    )
    assert names(root) == [CLIPS[2], CLIPS[0]]
    assert names(root, half="train") == [CLIPS[1]]
    assert [item.name for item in datasets.load("ucf101-split3", root).items] == [CLIPS[1]]
    assert names(root, split=None) == list(CLIPS)
    assert datasets.load("ucf101", root).notes == ()


def test_the_class_is_the_folder_whatever_the_file_is_called(tmp_path: Path) -> None:
    """In the official tree HandstandPushups holds v_HandStandPushups_g01_c01.avi."""
    tree(tmp_path, "HandstandPushups/v_HandStandPushups_g01_c01")
    labels = ucf101.open_tree(tmp_path, "u")[1]["classification"]
    assert labels.schema == CLASSES
    row = {"dataset": "u", "item": "HandstandPushups/v_HandStandPushups_g01_c01", "frame": 0}
    assert labels.to_pylist() == [row | {"class_name": "HandstandPushups"}]


def test_a_tree_that_lacks_listed_clips_is_refused(tmp_path: Path) -> None:
    root = tree(tmp_path, CLIPS[0])
    lists(root, testlist01="".join(f"{clip}.avi\n" for clip in CLIPS))
    with pytest.raises(MissingData, match=r"lacks Archery/v_Archery_g08_c02\.avi, YoYo/v_YoYo_g01_c01\.avi"):
        datasets.load("ucf101", root)
    with pytest.raises(MissingData, match=r"the 3 clips of testlist01\.txt; got 1 of them"):
        ucf101.open_tree(root, "ucf101")


def test_a_split_without_its_file_is_refused(tmp_path: Path) -> None:
    root = tree(tmp_path / "UCF-101", *CLIPS)
    with pytest.raises(MissingData, match=r"ucfTrainTestlist/testlist02\.txt"):
        datasets.load("ucf101-split2", root)
    with pytest.raises(MissingData, match=r"UCF101TrainTestSplits-RecognitionTask\.zip"):
        ucf101.open_tree(root, "ucf101", half="train")
    lists(tmp_path)
    with pytest.raises(MissingData, match=r"testlist01\.txt"):
        datasets.load("ucf101", root)


@pytest.mark.parametrize("text", ["", "Archery\n", "a/b/c.avi\n", "../x/../y.avi\n", "Archery/v_Archery_g01_c01.mp4\n"])
def test_an_odd_split_file_is_named(tmp_path: Path, text: str) -> None:
    root = tree(tmp_path, *CLIPS)
    lists(root, testlist01=text)
    with pytest.raises(MediaError, match=r"testlist01\.txt"):
        ucf101.open_tree(root, "ucf101")


def test_an_empty_tree_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"CLASS/v_CLASS_gXX_cYY\.avi"):
        datasets.load("ucf101", tmp_path)


@pytest.mark.parametrize("source", ["pyav", "auto"])
def test_real_clips_are_read_whole(source: str) -> None:
    """XviD in AVI, 320 x 240; the counts are those of the packets in each file."""
    items = ucf101.open_tree(real("datasets/UCF-101"), "ucf101", split=None)[0]
    frames = {"ApplyEyeMakeup": 164, "BaseballPitch": 107, "Basketball": 141}
    here = [item for item in items if item.name.endswith("_g01_c01") and item.paths[0].parent.name in frames]
    assert here, "the tree at hand holds at least one of the three"
    for item in here:
        clips = list(open_item(item, 64, CPU, source))
        assert sum(map(len, clips)) == frames[item.paths[0].parent.name]
        assert {(clip.height, clip.width, clip.consecutive) for clip in clips} == {(240, 320, True)}
        assert 24.9 < clips[0].frames_per_second < 30.1
