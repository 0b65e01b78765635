"""Locks of a run's folder on this machine."""

from __future__ import annotations

import threading
from pathlib import Path

from ahc_stream.runs import lock


def test_whoever_wants_the_folder_waits_for_who_has_it(tmp_path: Path) -> None:
    is_inside = threading.Event()

    def enter() -> None:
        with lock.folder_lock(tmp_path):
            is_inside.set()

    with lock.folder_lock(tmp_path):
        other = threading.Thread(target=enter)
        other.start()
        assert not is_inside.wait(0.2)
    other.join()
    assert is_inside.is_set()


def test_a_start_runs_until_its_lock_is_released_and_leaves_no_open_file(tmp_path: Path) -> None:
    held = lock.StartLock(tmp_path, 3)
    assert lock.running(tmp_path) == {3} and not lock.is_running(tmp_path, 4)
    held.release()
    assert lock.running(tmp_path) == lock.numbers(tmp_path) == set()
    open_files = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert not any(path.is_relative_to(tmp_path) for path in open_files)
