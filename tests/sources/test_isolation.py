"""Decoding in a process of its own gives the same, and what kills the process kills nothing else."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from ahc_stream.core.clip import Item
from ahc_stream.core.errors import InvalidValue, MediaError
from ahc_stream.sources import BrokenStill, Limits, isolation, opened, watchdog
from tests.sources.made import CASES, film, outcome, texts
from tests.sources.streams import CPU

EARLIER: set[int] = set()


@pytest.fixture(autouse=True, scope="module")
def earlier() -> None:
    EARLIER.update(child.pid for child in psutil.Process().children(recursive=True))


def children() -> list[psutil.Process]:
    """Those that a test of this module has started: another one's may wait for work in the same process of tests."""
    return [child for child in psutil.Process().children(recursive=True) if child.pid not in EARLIER]


@pytest.mark.parametrize(
    "name", ["concatenated.ts", "cover.mkv", "editlist_end.mp4", "hevc_lost.mkv", "g12.tif", "tiff_orientation6.tiff"]
)
def test_isolated_and_not_are_the_same(name: str) -> None:
    alone, here = outcome(CASES / name, isolate=True), outcome(CASES / name)
    assert (alone.frames == here.frames).all() and alone.seconds == here.seconds
    assert alone.notes == here.notes and str(alone.error) == str(here.error)
    assert alone.opened.timing == here.opened.timing and alone.opened.presentation == here.opened.presentation
    assert not children()


def test_a_sequence_is_the_same(tmp_path: Path) -> None:
    for number in range(5):
        Image.new("RGB", (20, 10), (number, 0, 0)).save(tmp_path / f"{number}.png")
    item = Item("d", "walk", "sequence", tuple(sorted(tmp_path.iterdir())), frames_per_second=10)
    clips = list(opened(item, 2, CPU, isolate=True).clips())
    assert [len(clip) for clip in clips] == [2, 2, 1]
    assert [int(red) for clip in clips for red in clip.frames[:, 0, 0, 0]] == [0, 1, 2, 3, 4]
    assert [time for clip in clips for time in clip.pts_seconds.tolist()] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])


def stills(folder: Path, count: int) -> Item:
    paths = [folder / f"{number}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (20, 10), (number, 0, 0)).save(path)
    return Item("d", "stills", "stills", tuple(paths), tuple(path.stem for path in paths))


def results(item: Item, limits: Limits | None = None) -> tuple[list[str], dict[str, str]]:
    """Names of the stills that came, and the error of each that did not."""
    whole, broken = [], {}
    for clip in opened(item, 8, CPU, limits=limits or Limits(), isolate=True).clips():
        if isinstance(clip, BrokenStill):
            broken[clip.name] = str(clip.error)
        else:
            whole += [key.item for key in clip.keys]
    return whole, broken


def test_broken_stills_leave_the_others_be(tmp_path: Path) -> None:
    item = stills(tmp_path, 5)
    item.paths[1].write_bytes(b"no picture")
    item.paths[3].unlink()
    whole, broken = results(item)
    assert whole == ["0", "2", "4"] and broken.keys() == {"1", "3"} and "no such file" in broken["3"]


def killing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, action: str) -> None:
    """Lets the process do `action` before it decodes a file whose name holds "evil"."""
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import sys, builtins\n"
        "if 'ahc_stream.sources.isolation_child' in sys.orig_argv:\n"
        "    import PIL.Image\n"
        "    real = PIL.Image.open\n"
        "    def open_(path, *rest, **named):\n"
        "        if 'evil' in str(path):\n"
        f"            {action}\n"
        "        return real(path, *rest, **named)\n"
        "    PIL.Image.open = open_\n"
    )
    monkeypatch.setattr(sys, "path", [str(hook), *sys.path])


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "exit code -11"),
        ("import os; os._exit(3)", "exit code 3"),
        ("bytearray(8 << 30)", "MemoryError"),
        ("import sys; sys.stdout.buffer.write(b'x' * 5000); sys.stdout.flush()", "bytes that are none"),
    ],
)
def test_what_kills_the_process_is_a_failure_of_one_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: str, expected: str
) -> None:
    item = stills(tmp_path, 4)
    evil = item.paths[2].rename(tmp_path / "evil.png")
    item = Item("d", "stills", "stills", (*item.paths[:2], evil, item.paths[3]), ("0", "1", "evil", "3"))
    killing(monkeypatch, tmp_path, action)
    whole, broken = results(item)
    assert whole == ["0", "1", "3"] and broken.keys() == {"evil"}
    assert expected in broken["evil"] or "a readable image" in broken["evil"]
    assert not children()


def test_a_process_that_stands_still_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    item = stills(tmp_path, 2)
    evil = item.paths[0].rename(tmp_path / "evil.png")
    item = Item("d", "stills", "stills", (evil, item.paths[1]), ("evil", "1"))
    killing(monkeypatch, tmp_path, "import time; time.sleep(60)")
    monkeypatch.setattr(isolation, "watched", lambda values, name: watchdog.watched(values, name, 3.0))
    began = time.monotonic()
    whole, broken = results(item)
    assert whole == ["1"] and "none for 3 seconds" in broken["evil"]
    assert time.monotonic() - began < 20 and not children()


def test_a_reader_that_leaves_ends_the_process(tmp_path: Path) -> None:
    item = Item("d", "film", "video", (film(tmp_path / "a.mp4", "-c:v", "libx264", frames=60),))
    clips = opened(item, 2, CPU, isolate=True).clips()
    next(clips)
    clips.close()
    assert not children()


def test_the_limits_hold_in_the_process_and_in_front_of_it(tmp_path: Path) -> None:
    whole, broken = results(stills(tmp_path, 1), Limits(frame_pixels=199))
    assert not whole and "--max-pixels 200" in broken["0"]


def test_a_gpu_source_is_not_isolated() -> None:
    item = Item("d", "film", "video", (CASES / "cover.mkv",))
    with pytest.raises(InvalidValue, match="isolate"):
        next(opened(item, 2, CPU, "dali", isolate=True).clips())


def test_the_process_does_not_load_torch(tmp_path: Path) -> None:
    """It would take seconds for each item."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    import subprocess

    code = "import sys, ahc_stream.sources.isolation_child; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0


def test_the_error_of_a_video_is_raised_after_its_frames() -> None:
    item = Item("d", "film", "video", (CASES / "hevc_lost.mkv",))
    media, frames = opened(item, 4, CPU, isolate=True), 0
    with pytest.raises(MediaError, match="POC 7"):
        for clip in media.clips():
            frames += len(clip)
    assert frames == 7 and texts(media)


def test_a_frame_is_what_the_message_says(monkeypatch: pytest.MonkeyPatch) -> None:
    got = outcome(CASES / "g16.pgm", isolate=True)
    assert got.frames.dtype == np.uint8 and got.frames.shape == (1, 64, 96, 3)
