"""Roots: one that is written, any number that are only read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ahc_stream import store


def test_home_comes_before_the_read_only_roots_and_find_takes_the_first(
    tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for root in (one, two):
        (root / "weights").mkdir(parents=True)
        (root / "weights" / "x.pt").write_bytes(b"x")
    monkeypatch.setenv("AHC_STREAM_PATH", os.pathsep.join([str(one), "", str(two)]))
    assert store.roots() == (own_home, one, two)
    assert store.find("weights/x.pt") == one / "weights" / "x.pt"
    assert store.find("weights/y.pt") is None
    assert str(two) in store.searched("weights/y.pt")


def test_home_is_the_users_cache_folder_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AHC_STREAM_HOME", "")
    assert store.home().name == "ahc-stream"
