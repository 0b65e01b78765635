"""encode, decode and inspect as a user meets them: output, messages, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pictures import write_pictures

pytestmark = pytest.mark.timeout(120)


def test_pictures_go_in_and_come_out(cli, tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 3)
    done = cli("encode", "in", "-o", "x.ahc", "--codec", "jpeg@50", "--device", "cpu", "--json")
    facts = json.loads(done.stdout)
    assert done.returncode == 0 and facts["frames"] == 3 and facts["file_bytes"] == (tmp_path / "x.ahc").stat().st_size
    shown = json.loads(cli("inspect", "x.ahc", "--json", "--check").stdout)
    assert shown["codec"] == "jpeg" and [row["name"] for row in shown["table"]] == ["000", "001", "002"]
    assert shown["payload_bytes"] == facts["payload_bytes"] < shown["file_bytes"]
    assert "3 PNG files" in cli("decode", "x.ahc", "-o", "out", "--device", "cpu").stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["000.png", "001.png", "002.png"]
    again = cli("decode", "x.ahc", "-o", "out", "--device", "cpu")
    assert again.returncode == 2 and "--force" in again.stderr


def test_a_folder_becomes_a_video_of_a_rate(cli, tmp_path: Path) -> None:
    write_pictures(tmp_path / "in", 4)
    assert cli("encode", "in", "-o", "x.ahc", "-c", "h264@20", "--fps", "30000/1001").returncode == 0
    shown = cli("inspect", "x.ahc").stdout
    assert "1001/30000" in shown and "29.97" in shown
    done = cli("decode", "x.ahc", "-o", "y.mkv", "--frames", "1:3")
    assert done.returncode == 0 and "2 frames" in done.stdout and "lossless" in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("decode", "picture.png", "-o", "out"), "an .ahc file, or a file of CompressAI's"),
        (("decode", "nowhere.ahc", "-o", "out"), "nowhere.ahc"),
        (("inspect", "picture.png"), "an .ahc file"),
        (("decode", "picture.png", "-o", "y.gif"), ".mkv"),
        (("decode", "picture.png", "-o", "y", "--frames", "a:b"), "--frames as A:B"),
        (("encode", "picture.png", "-o", "x.ahc", "-c", "jpeg@5,6"), "one operating point"),
        (("encode", "picture.png", "-o", "x.ahc", "-c", "jpgg@5"), "Did you mean 'jpeg'"),
        (("encode", "picture.png", "-o", "x.ahc", "-c", "jpeg@5", "--fps", "fast"), "--fps"),
        (("encode", "nowhere/at/all", "-o", "x.ahc", "-c", "jpeg@5"), "nowhere/at/all"),
        (("encode", "picture.png", "-o", "x.ahc", "-c", "jpeg@5", "--container", "zip"), "compressai"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(cli, words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    write_pictures(tmp_path, 1)
    (tmp_path / "000.png").rename(tmp_path / "picture.png")
    done = cli(*words)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} <= {"picture.png", "home"}
