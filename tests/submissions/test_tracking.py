"""Files of tracks against MOTChallenge's ground truth: TrackEval's numbers on the same files, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ahc_stream.core.errors import InvalidValue, MediaError, MissingData
from ahc_stream.core.labels import KEY
from ahc_stream.datasets import mot
from ahc_stream.submissions import score_tracking
from ahc_stream.tasks.detection.score import DETECTIONS
from ahc_stream.tasks.tracking import score as tracking_score
from tests.conftest import real
from tests.tasks.tracking.test_tracking_score import lines_of, noisy, trackeval_of, write_tree

INFO = "[Sequence]\nframeRate=25\nseqLength={}\n"


def sequence(folder: Path, truth: str, length: int | None = 5) -> Path:
    """A sequence without a picture, as TrackEval's own data has it."""
    (folder / "gt").mkdir(parents=True)
    (folder / "gt" / "gt.txt").write_text(truth)
    if length is not None:
        (folder / "seqinfo.ini").write_text(INFO.format(length))
    return folder


def tracks(path: Path, text: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


WALK = "".join(f"{frame},1,{10 * frame},20,40,80,1,1,1\n" for frame in range(1, 6))
FOUND = "".join(f"{frame},7,{10 * frame},20,40,80,0.9,-1,-1,-1\n" for frame in range(1, 6))


def assert_equal_to_trackeval(truth: Path, folder: Path, lengths: dict[str, int], files: dict[str, list[str]]) -> None:
    theirs = trackeval_of(truth, folder / "theirs", files, lengths)
    for name, lines in files.items():
        tracks(folder / "ours" / f"{name}.txt", "\n".join(lines) + "\n")
    ours = score_tracking(folder / "ours", truth)
    for name in tracking_score.COMBINED:
        assert ours.scores[name] == pytest.approx(theirs["COMBINED_SEQ"][name], abs=1e-6), name
    for item in lengths:
        for name in tracking_score.PER_SEQUENCE:
            assert ours.scores[f"{name}_{item}"] == pytest.approx(theirs[item][name], abs=1e-6), (item, name)
    assert ours.facts["frames"] == sum(lengths.values())


def test_scores_are_those_of_trackeval_on_the_same_files(tmp_path: Path) -> None:
    write_tree(tmp_path / "gt")
    labels = mot.open_tree(tmp_path / "gt", "mot17")[1]["detection"]
    boxes = pa.Table.from_pylist(noisy(labels, 3), pa.schema([*KEY, *DETECTIONS]))
    files = {item: lines_of(boxes, item) for item in ("A", "B")}
    assert_equal_to_trackeval(tmp_path / "gt", tmp_path, {"A": 40, "B": 40}, files)


LINES = st.lists(
    st.tuples(
        st.integers(1, 8),
        st.integers(0, 4),
        st.sampled_from([0, 3, 21, 40, 300]),
        st.sampled_from([0, 5, 30]),
        st.sampled_from([20, 40, 60]),
    ),
    max_size=30,
    unique_by=lambda line: line[:2],
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(found=st.fixed_dictionaries({"A": LINES.filter(bool), "B": LINES.filter(bool)}), true=LINES)
def test_drawn_tracks_score_as_trackeval_has_them(tmp_path_factory: pytest.TempPathFactory, found, true) -> None:
    """Boxes that many people share, people who are static (class 7, to be ignored), frames without anybody."""
    folder = tmp_path_factory.mktemp("drawn")
    kinds = {number: 7 if number == 4 else 1 for number in range(5)}
    truth = "".join(
        f"{frame},{number},{x},{y},{side},{side},{int(kinds[number] == 1)},{kinds[number]},1\n"
        for frame, number, x, y, side in [*true, (9, 0, 0, 0, 20)]
    )
    for name in found:
        sequence(folder / "gt" / name, truth, 9)
    files = {
        name: [f"{frame},{number},{x},{y},{side},{side},1,-1,-1,-1" for frame, number, x, y, side in rows]
        for name, rows in found.items()
    }
    assert_equal_to_trackeval(folder / "gt", folder, dict.fromkeys(found, 9), files)


def test_real_labels_as_tracks_score_as_trackeval_has_them(tmp_path: Path) -> None:
    folder = real("datasets/MOT17/train/MOT17-04-FRCNN")
    gt = (folder / "gt/gt.txt").read_text().splitlines()
    draw = np.random.default_rng(1)
    rows = [line.split(",") for line in gt if line.split(",")[6] == "1" and int(line.split(",")[0]) <= 30]
    kept = [row for row in rows if draw.random() < 0.8]
    lines = []
    for frame, number, left, top, width, height, *_ in kept:
        track = int(number) + 100 * (int(frame) > 15)
        lines.append(f"{frame},{track},{float(left) + draw.normal(0, 4)},{top},{width},{height},1,-1,-1,-1")
    cut = "\n".join(line for line in gt if int(line.split(",")[0]) <= 30) + "\n"
    sequence(tmp_path / "gt" / "MOT17-04-FRCNN", cut, 30)
    files = {"MOT17-04-FRCNN": lines}
    assert_equal_to_trackeval(tmp_path / "gt", tmp_path, {"MOT17-04-FRCNN": 30}, files)


@pytest.mark.parametrize("place", ["", "gt/gt.txt"], ids=["folder", "file"])
def test_one_sequence_and_one_file(tmp_path: Path, place: str) -> None:
    truth = sequence(tmp_path / "A", WALK) / place
    got = score_tracking(tracks(tmp_path / "mine.txt", FOUND), truth)
    assert got.scores["HOTA"] == got.scores["MOTA_A"] == 1
    assert got.facts == {"sequences": 1, "frames": 5, "tracks": 1, "boxes": 5}


def test_a_loose_truth_ends_with_its_last_box_and_says_so(tmp_path: Path) -> None:
    truth = tracks(tmp_path / "loose.txt", WALK)
    got = score_tracking(
        tracks(tmp_path / "mine.txt", FOUND + "9,7,1,1,5,5,1\n".replace(",1\n", ",1,-1,-1,-1\n")), truth
    )
    assert got.facts["frames"] == 9 and "9 frames, by its last box" in got.notes[0]
    assert got.scores["MOTA"] == pytest.approx(1 - 1 / 5)


def test_frames_without_a_box_and_an_empty_file_are_missed(tmp_path: Path) -> None:
    truth = sequence(tmp_path / "A", WALK)
    some = tracks(tmp_path / "some.txt", "".join(FOUND.splitlines(keepends=True)[:2]))
    assert score_tracking(some, truth).scores["MOTA"] == pytest.approx(2 / 5)
    assert score_tracking(tracks(tmp_path / "empty.txt", ""), truth).scores["MOTA"] == 0


def test_a_tree_needs_a_file_for_each_sequence_and_leaves_out_others(tmp_path: Path) -> None:
    for name in ("A", "B"):
        sequence(tmp_path / "gt" / "train" / name, WALK)
    mine = tracks(tmp_path / "mine" / "A.txt", FOUND).parent
    tracks(mine / "C.txt", FOUND)
    with pytest.raises(MissingData, match=r"2 sequences .*none of B\.txt"):
        score_tracking(mine, tmp_path / "gt")
    with pytest.raises(InvalidValue, match=r"a folder of SEQUENCE\.txt for 2 sequences"):
        score_tracking(mine / "A.txt", tmp_path / "gt")
    tracks(mine / "B.txt", "")
    got = score_tracking(mine, tmp_path / "gt")
    assert got.scores["MOTA"] == 0.5 and got.notes == ("files without ground truth left out: C.txt",)


def test_of_mot17_the_copies_that_there_are_tracks_of_are_scored(tmp_path: Path) -> None:
    for name in ("MOT17-02-DPM", "MOT17-02-FRCNN", "MOT17-02-SDP", "MOT17-04-SDP"):
        sequence(tmp_path / "gt" / name, WALK)
    mine = tracks(tmp_path / "mine" / "MOT17-02-SDP.txt", FOUND).parent
    with pytest.raises(MissingData, match=r"none of MOT17-04-SDP\.txt"):
        score_tracking(mine, tmp_path / "gt")
    tracks(mine / "MOT17-04-SDP.txt", FOUND)
    assert score_tracking(mine, tmp_path / "gt").facts["sequences"] == 2
    tracks(mine / "MOT17-02-DPM.txt", FOUND)
    assert score_tracking(mine, tmp_path / "gt").facts["sequences"] == 3


@pytest.mark.parametrize(
    "text",
    [
        FOUND.replace("\n", "\r\n").encode("utf-8-sig"),
        FOUND.replace(",", " ").encode(),
        FOUND.replace(",", ", ").encode(),
        FOUND.replace(",0.9,-1,-1,-1", "").encode(),
        FOUND.replace(",-1,-1,-1", ",1,1").encode(),
        FOUND.replace("\n", ",\n").encode(),
        b"# made by us\n\n" + FOUND.encode(),
        FOUND.replace(",7,", ",99999999999999999999,").encode(),
        FOUND.replace(",7,", ",7.0,").encode(),
        FOUND.encode("utf-16"),
        "".join(reversed(FOUND.splitlines(keepends=True))).encode(),
    ],
)
def test_what_trackers_write_is_read(tmp_path: Path, text: bytes) -> None:
    got = score_tracking(tracks(tmp_path / "mine.txt", text), sequence(tmp_path / "A", WALK))
    assert got.scores["HOTA"] == 1


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("6,7,1,1,5,5,1,-1,-1,-1", "a frame from 1 to 5, the length of A"),
        ("0,7,1,1,5,5,1,-1,-1,-1", "a frame number from 1"),
        ("1.5,7,1,1,5,5,1,-1,-1,-1", "a whole number"),
        ("1,8,1,1,-5,5,1,-1,-1,-1", "a side in pixels"),
        ("1,8,nan,1,5,5,1,-1,-1,-1", "a coordinate in pixels"),
        ("1,8,1,1,5,inf,1,-1,-1,-1", "a side in pixels"),
        ("1,8,1,1,5,5,nan,-1,-1,-1", "a confidence"),
        ("1,8,1,1,5,5,1,3,-1,-1", "the class 1, a pedestrian, or -1"),
        ("1,-1,1,1,5,5,1,-1,-1,-1", "the id of a track"),
        ("1,x,1,1,5,5,1,-1,-1,-1", "a whole number as id"),
        ("1,7,1,1,5,5,1,-1,-1,-1", "each id once in a frame"),
        ("1,8,1,1,5,5", "10 columns"),
        ("<html>", "10 columns"),
    ],
)
def test_an_odd_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    mine = tracks(tmp_path / "mine.txt", f"{FOUND}{line}\n")
    with pytest.raises(MediaError, match=rf"{says}.* in .*mine\.txt, line 6"):
        score_tracking(mine, sequence(tmp_path / "A", WALK))


def test_a_truth_that_says_nothing_is_refused(tmp_path: Path) -> None:
    mine = tracks(tmp_path / "mine.txt", FOUND)
    with pytest.raises(MissingData, match="nothing at"):
        score_tracking(mine, tmp_path / "nowhere")
    with pytest.raises(MissingData, match=r"gt/gt\.txt"):
        score_tracking(mine, tmp_path)
    with pytest.raises(MissingData, match="labels to find"):
        score_tracking(mine, sequence(tmp_path / "A", WALK.replace(",1,1\n", ",7,1\n")))
    with pytest.raises(MediaError, match=r"Correct seqLength"):
        score_tracking(tracks(tmp_path / "none.txt", ""), sequence(tmp_path / "B", WALK, 4))
    with pytest.raises(MissingData, match="no such file"):
        score_tracking(tmp_path / "none.csv", sequence(tmp_path / "C", WALK))
