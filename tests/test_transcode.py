"""Whole files: encode, decode, inspect; equal frames or an error, finished outputs or none."""

from __future__ import annotations

import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import AhcStreamError, CodecError, InvalidValue, MediaError, StorageError
from ahc_stream.sources.probe import probe
from ahc_stream.transcode import decode_file, facts_of
from ahc_stream.transcode.video import VideoFile
from tests.coded_files import CPU, clips_of, encoded, frames_of, passed_through, sequence, stills, video
from tests.conftest import real
from tests.pictures import picture, write_pictures


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three PNG files of 227 x 149."""
    return write_pictures(tmp_path_factory.mktemp("odd"), 3, height=149, width=227)


@pytest.mark.parametrize("text", ["h264@23:gop=2", "jpeg@40", "identity", "h265@30"])
def test_decoding_gives_the_encoders_own_frames(text: str, odd: Path, tmp_path: Path) -> None:
    path = encoded(sequence(odd), text, tmp_path / "x.ahc")
    expected = passed_through(sequence(odd), text, clip_frames=2)
    assert torch.equal(frames_of(path), expected) and expected.shape == (3, 3, 149, 227)


@pytest.mark.timeout(120)
def test_a_real_clip_in_segments_of_a_gop(tmp_path: Path) -> None:
    items = video(real("clips/carphone_pristine.mp4"))
    path = encoded(items, "h264@30:gop=25", tmp_path / "x.ahc")
    expected = passed_through(items, "h264@30:gop=25")
    assert torch.equal(frames_of(path), expected)
    facts = facts_of(path)
    assert [row["frame"] for row in facts["table"] if row["type"] == "I"] == list(range(0, len(expected), 25))
    assert [row["segment"] for row in facts["table"]] == [frame // 25 for frame in range(len(expected))]
    times = torch.cat([clip.pts_seconds for clip in clips_of(items, 25)]).tolist()
    assert [row["seconds"] for row in facts["table"]] == pytest.approx(times, abs=1e-9)
    assert torch.equal(frames_of(path, frames=(30, 52)), expected[30:52])
    assert torch.equal(frames_of(path, frames=(len(expected) - 1, None)), expected[-1:])


def test_every_changed_byte_is_an_error_or_the_right_frames(tmp_path: Path) -> None:
    path = encoded(stills(write_pictures(tmp_path / "in", 2, 8, 8)), "jpeg@10", tmp_path / "x.ahc")
    data, right, broken = path.read_bytes(), frames_of(path), tmp_path / "broken.ahc"
    errors = 0
    for index in range(len(data)):
        changed = bytearray(data)
        changed[index] ^= 1 << index % 8
        broken.write_bytes(changed)
        try:
            assert torch.equal(frames_of(broken), right)
        except AhcStreamError:
            errors += 1
    assert errors == len(data)


def test_stills_come_back_under_their_names(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "in", 3)
    Image.fromarray(picture(20, 33)).save(folder / "larger.png")
    path = encoded(stills(folder), "identity", tmp_path / "x.ahc")
    progress: list[int] = []
    assert "4 PNG files" in decode_file(path, tmp_path / "out", CPU, progress=progress.append)
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == ["000.png", "001.png", "002.png", "larger.png"]
    for each in folder.iterdir():
        assert np.array_equal(np.asarray(Image.open(each)), np.asarray(Image.open(tmp_path / "out" / each.name)))
    assert progress == [3, 4]


@pytest.mark.parametrize("name", ["../escape", "/absolute", "a/../../b", "", "000"])
def test_a_name_that_leaves_the_folder_or_comes_twice_is_an_error(name: str, tmp_path: Path) -> None:
    paths = tuple(sorted(write_pictures(tmp_path / "in", 2).glob("*.png")))
    path = encoded([Item("set", "all", "stills", paths, ("000", name))], "jpeg@50", tmp_path / "x.ahc")
    with pytest.raises(CodecError, match="inside the folder"):
        decode_file(path, tmp_path / "out", CPU)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["in", "x.ahc"]


@pytest.fixture
def uneven(tmp_path: Path) -> Path:
    """A lossless video with frames at 0, 40, 120, 130, 500 and 1,000 ms."""
    path = tmp_path / "uneven.mkv"
    with VideoFile(path, Fraction(1, 1000)) as file:
        for index, ticks in enumerate((0, 40, 120, 130, 500, 1000)):
            file.add(picture(36, 50, index).transpose(2, 0, 1), ticks)
    return path


@pytest.mark.parametrize(("suffix", "worst"), [(".mkv", 0), (".mp4", 12)])
def test_a_video_keeps_uneven_times_and_its_frames(suffix: str, worst: int, uneven: Path, tmp_path: Path) -> None:
    path = encoded(video(uneven), "identity", tmp_path / "x.ahc")
    said = decode_file(path, tmp_path / f"y{suffix}", CPU)
    assert ("lossless" in said and "FFV1" in said) or "CRF 10" in said
    assert probe(tmp_path / f"y{suffix}").pts_seconds == pytest.approx((0, 0.04, 0.12, 0.13, 0.5, 1.0), abs=1e-6)
    again = clips_of(video(tmp_path / f"y{suffix}"), 16)[0].frames
    difference = (again.int() - frames_of(path).int()).abs()
    assert difference.float().mean() <= worst and len(again) == 6
    decode_file(path, tmp_path / f"part{suffix}", CPU, frames=(3, 5))
    assert probe(tmp_path / f"part{suffix}").pts_seconds == pytest.approx((0, 0.37), abs=1e-6)


def test_odd_sizes_go_into_both_videos(odd: Path, tmp_path: Path) -> None:
    path = encoded(sequence(odd, 30000 / 1001), "identity", tmp_path / "x.ahc")
    for suffix in (".mkv", ".mp4"):
        decode_file(path, tmp_path / f"y{suffix}", CPU)
        seen = probe(tmp_path / f"y{suffix}")
        assert (seen.width, seen.height) == (227, 149)
        assert seen.pts_seconds[2] == pytest.approx(2 * 1001 / 30000, abs=1e-3 if suffix == ".mkv" else 1e-6)


def test_one_frame_is_one_picture(odd: Path, tmp_path: Path) -> None:
    path = encoded(sequence(odd), "identity", tmp_path / "x.ahc")
    decode_file(path, tmp_path / "y.png", CPU, frames=(1, 2))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "y.png")), picture(149, 227, 1))
    with pytest.raises(InvalidValue, match="one frame"):
        decode_file(path, tmp_path / "z.png", CPU)


def test_nothing_is_overwritten_unless_forced_and_nothing_unfinished_stays(odd: Path, tmp_path: Path) -> None:
    path = encoded(stills(odd), "jpeg@50", tmp_path / "x.ahc")
    before = path.read_bytes()
    with pytest.raises(StorageError, match="--force"):
        encoded(stills(odd), "jpeg@90", path)
    assert path.read_bytes() == before
    encoded(stills(odd), "jpeg@90", path, force=True)
    decode_file(path, tmp_path / "out", CPU)
    (tmp_path / "out" / "mine.txt").write_text("kept")
    with pytest.raises(StorageError):
        decode_file(path, tmp_path / "out", CPU)
    decode_file(path, tmp_path / "out", CPU, force=True)
    assert (tmp_path / "out" / "mine.txt").read_text() == "kept"
    (odd_copy := tmp_path / "bad.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(MediaError):
        encoded([Item("set", "bad", "stills", (odd_copy,), ("bad",))], "jpeg@50", tmp_path / "y.ahc")
    assert not [each.name for each in tmp_path.iterdir() if "partial" in each.name or each.name == "y.ahc"]


def test_what_has_no_single_file_is_refused(odd: Path, uneven: Path, tmp_path: Path) -> None:
    path = encoded(stills(odd), "jpeg@50", tmp_path / "x.ahc")
    for out in ("y.mp4", "y.gif", "y.png"):
        with pytest.raises(InvalidValue):
            decode_file(path, tmp_path / out, CPU)
    for frames in ((5, 9), (2, 2), (2, 1)):
        with pytest.raises(InvalidValue, match="0:3"):
            frames_of(path, frames=frames)
    with pytest.raises(InvalidValue, match="one by one"):
        encoded([*video(uneven), *stills(odd)], "jpeg@50", tmp_path / "y.ahc")


def test_a_cut_file_is_salvaged_up_to_the_segment_that_is_cut(tmp_path: Path) -> None:
    path = encoded(sequence(write_pictures(tmp_path / "in", 40, 24, 32)), "jpeg@50", tmp_path / "x.ahc")
    whole = frames_of(path)
    path.write_bytes(path.read_bytes()[: facts_of(path)["table"][34]["offset"] + 9])
    with pytest.raises(CodecError, match="interrupted"):
        frames_of(path)
    assert torch.equal(frames_of(path, salvage=True), whole[:32])


@pytest.mark.parametrize(
    ("text", "starts"),
    [
        ("h264@23:gop=7", [0, 21]),
        ("h264@23:gop=250", [0]),
        ("jpeg@50", [0, 16, 32]),
        ("h264@23:gop=9:segment=20", [0, 18]),
    ],
)
def test_a_segment_is_some_whole_gops(text: str, starts: list[int], tmp_path: Path) -> None:
    """Of a picture at rest: x264 begins a GOP at a cut too."""
    (picture,) = write_pictures(tmp_path / "in", 1, 24, 32).iterdir()
    for number in range(1, 34):
        shutil.copy(picture, picture.with_name(f"at-rest-{number:02d}.png"))
    path = encoded(sequence(tmp_path / "in"), text, tmp_path / "x.ahc")
    first_frames: dict[int, int] = {}
    for row in facts_of(path)["table"]:
        first_frames.setdefault(row["segment"], row["frame"])
    assert list(first_frames.values()) == starts


def test_encode_tells_of_a_folder_what_run_tells(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files passed over, links that lead nowhere, labels that are not used: one text, before the work."""
    import json

    from typer.testing import CliRunner

    from ahc_stream.cli import app

    monkeypatch.chdir(tmp_path)
    write_pictures(tmp_path / "in", 2)
    (tmp_path / "in" / "a.jxl").write_bytes(b"")
    (tmp_path / "in" / "000.xml").write_bytes(b"")
    (tmp_path / "in" / "link.png").symlink_to("nowhere")
    encode = CliRunner().invoke(app, ["encode", "in", "-o", "x.ahc", "-c", "jpeg@50"], catch_exceptions=False)
    run = CliRunner().invoke(
        app, ["run", "in", "-c", "jpeg@50", "--metric", "psnr", "--no-task"], catch_exceptions=False
    )
    told = [line for line in run.stderr.splitlines() if line.startswith("in: ") and "operating point" not in line]
    assert len(told) == 3 and encode.stderr.splitlines()[:3] == told
    options = ["encode", "in", "-o", "y.ahc", "-c", "jpeg@50", "--json"]
    facts = json.loads(CliRunner().invoke(app, options, catch_exceptions=False).stdout)
    assert [f"in: {note}" for note in facts["notes"]] == told
