"""gt.txt: numbers with their meaning and range, ids of any size, and the line that an error names."""

from __future__ import annotations

from itertools import chain, repeat
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from ahc_stream import tasks
from ahc_stream.core.errors import MediaError
from ahc_stream.datasets import mot
from ahc_stream.datasets.mot_truth import MOST_BOXES, read_truth
from tests.datasets.test_mot import SEQINFO, rows, sequence

GOOD = "1,1,1,1,5,5,1,1,1\n"


def line_of(frame: object, track: object, kind: int = 1) -> str:
    return f"{frame},{track},10,10,40,80,1,{kind},1\n"


@pytest.mark.parametrize("ids", [(1, 2), (1, 3_000_000_001), (2**53, 2**53 + 1), (10**40, 10**40 + 1)])
def test_ids_of_any_size_track_as_small_ones(tmp_path: Path, ids: tuple[int, int]) -> None:
    pytest.importorskip("trackeval")
    truth = "".join(
        f"{frame},{track},{10 + 200 * place + frame},10,40,80,1,1,1\n"
        for frame in range(1, 13)
        for place, track in enumerate(ids)
    )
    sequence(tmp_path / "A", tuple(range(1, 13)), truth)
    labels = mot.open_tree(tmp_path, "mot")[1]["detection"]
    assert len(pc.unique(labels["track_id"])) == 2
    scores = scored(labels, 12)
    assert {name: scores[name] for name in ("HOTA", "MOTA", "IDF1")} == pytest.approx({"HOTA": 1, "MOTA": 1, "IDF1": 1})


def scored(labels: pa.Table, frames: int) -> dict[str, float]:
    """Scores of tracks that are the truth: what the scorer makes of boxes is put in its tracker's place."""
    from ahc_stream.tasks.tracking import score
    from ahc_stream.tasks.tracking.tracker import Tracks

    truth = labels.sort_by([("frame", "ascending")])
    corners = score._corners(truth)
    tracks = Tracks(truth["frame"].to_numpy(), truth["track_id"].to_numpy().astype("int64"), corners)
    patch = pytest.MonkeyPatch()
    patch.setattr(score, "_track", lambda found, options: tracks)
    keys = {"dataset": ["mot"] * frames, "item": ["A"] * frames, "frame": pa.array(range(frames), pa.int32())}
    sizes = {"width": [640] * frames, "height": [480] * frames}
    found = labels.append_column("score", pa.array([0.9] * len(labels)))
    try:
        return tasks.score(tasks.parse("tracking"), found, labels, pa.table(keys | sizes))
    finally:
        patch.undo()


def test_ids_that_fit_stay_as_they_are_and_others_are_numbered_in_their_order(tmp_path: Path) -> None:
    def tracks(name: str, *ids: str) -> list[object]:
        sequence(tmp_path / name, truth="".join(line_of(1, track) for track in ids))
        return [row["track_id"] for row in rows(tmp_path / name)]

    assert tracks("small", "7", " 3", "5.0", "-1", "-1", "2147483647") == [7, 3, 5, -1, -1, 2147483647]
    assert tracks("large", "2147483648", "7", "-1", "-5", "1e12") == [2, 1, -1, -1, 3]


def test_the_same_id_twice_in_a_frame_names_sequence_frame_and_id(tmp_path: Path) -> None:
    sequence(tmp_path / "walk", truth=line_of(1, 4) + line_of(2, 4) + line_of(3, 9) + line_of(2, 4, kind=7))
    with pytest.raises(
        MediaError, match=r"each id once in a frame of walk in .*gt\.txt, line 4; got id 4 twice in frame 2"
    ):
        rows(tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        "1.5,1,1,1,5,5,1,1,1",
        "-1,1,1,1,5,5,1,1,1",
        "1e300,1,1,1,5,5,1,1,1",
        "nan,1,1,1,5,5,1,1,1",
        ",1,1,1,5,5,1,1,1",
        "1,1.5,1,1,5,5,1,1,1",
        "1,nan,1,1,5,5,1,1,1",
        "1,inf,1,1,5,5,1,1,1",
        "1,,1,1,5,5,1,1,1",
        "1,1_0,1,1,5,5,1,1,1",
        "1,1,nan,1,5,5,1,1,1",
        "1,1,1,-inf,5,5,1,1,1",
        "1,1,1,1,-5,5,1,1,1",
        "1,1,1,1,5,1e300,1,1,1",
        "1,1,1,1,5,5,nan,1,1",
        "1,1,1,1,5,5,1,1.5,1",
        "1,1,1,1,5,5,1,nan,1",
        "1;1;1;1;5;5;1;1;1",
        "1,1,1,1,5,5,1,1,1,1",
        "frame,id,left,top,width,height,flag,class,visibility",
    ],
)
def test_an_odd_line_is_an_error_that_names_it(tmp_path: Path, line: str) -> None:
    sequence(tmp_path / "A", truth=GOOD + "\n" + line + "\n")
    with pytest.raises(MediaError, match=r"gt\.txt, line 3"):
        rows(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_do_not_matter(tmp_path: Path, encoding: str, end: str) -> None:
    folder = sequence(tmp_path / "A", truth="")
    text = f"# señal{end}{line_of(2, 7)}".replace("\n", end)
    (folder / "gt" / "gt.txt").write_bytes(text.encode(encoding))
    (folder / "seqinfo.ini").write_bytes(f"; señal{end}{SEQINFO}".replace("\n", end).encode(encoding))
    (item,), labels = mot.open_tree(tmp_path, "m")
    assert labels["detection"]["track_id"].to_pylist() == [7] and item.frames_per_second == 25.0


def test_a_frame_of_endless_boxes_is_refused_before_memory_is_full(tmp_path: Path) -> None:
    folder = sequence(tmp_path / "A", truth="")
    with (folder / "gt" / "gt.txt").open("w") as file:
        file.writelines(chain([GOOD], repeat("2,-1,1,1,5,5,1,1,1\n", MOST_BOXES + 1)))
    with pytest.raises(MediaError, match=rf"at most {MOST_BOXES} boxes of a frame in .*gt\.txt, line {MOST_BOXES + 2}"):
        rows(tmp_path)


def test_boxes_of_no_frame_that_is_here_are_an_error(tmp_path: Path) -> None:
    sequence(tmp_path / "A", truth=line_of(0, 1) + line_of(10**9, 1))
    with pytest.raises(MediaError, match=r"boxes of frames that are here in .*gt\.txt"):
        rows(tmp_path)


@pytest.mark.parametrize("twin", ["000001.png", "1.jpg", "00001.bmp"])
def test_two_images_of_one_number_are_an_error_that_names_both(tmp_path: Path, twin: str) -> None:
    folder = sequence(tmp_path / "A")
    (folder / "img1" / twin).write_bytes(b"")
    with pytest.raises(MediaError, match="one image for each frame number") as caught:
        mot.open_tree(tmp_path, "m")
    assert twin in str(caught.value) and "000001.jpg" in str(caught.value)


def test_dot_files_and_other_images_are_no_frames(tmp_path: Path) -> None:
    folder = sequence(tmp_path / "A", info=SEQINFO.replace("600", "2"))
    for name in ("img1/._000001.jpg", "img1/cover.png", "img1/Thumbs.db", ".DS_Store", "gt/._gt.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"\0\5\x16\7")
    sequence(tmp_path / "._A", truth="junk")
    (item,), _ = mot.open_tree(tmp_path, "m")
    assert [path.name for path in item.paths] == ["000001.jpg", "000002.jpg"]
    assert mot.notes(tmp_path) == ["A: 1 images without a frame number passed over"]


@pytest.mark.parametrize("folder", ["../B/img1", "/etc", ""])
def test_a_folder_of_images_outside_is_refused(tmp_path: Path, folder: str) -> None:
    sequence(tmp_path / "B")
    sequence(tmp_path / "A", info=SEQINFO.replace("imDir=img1", f"imDir={folder}"))
    with pytest.raises(MediaError, match=r"as imDir in .*seqinfo\.ini"):
        mot.open_tree(tmp_path, "m")


def test_a_truth_without_a_line_is_empty(tmp_path: Path) -> None:
    (tmp_path / "gt.txt").write_bytes(b"\xef\xbb\xbf\r\n")
    assert len(read_truth(tmp_path / "gt.txt").frame) == 0
