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
