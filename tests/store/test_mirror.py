"""Mirrors are asked first, and not believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import store
from ahc_stream.core.errors import DownloadError
from ahc_stream.store import Url
from tests.store.server import CONTENT, Server, rests, sha256


def test_a_mirror_folder_is_asked_first_and_serves_offline(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "x.bin").write_bytes(CONTENT)
    monkeypatch.setenv("AHC_STREAM_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("AHC_STREAM_OFFLINE", "1")
    path = store.fetch(Url(f"{server.url}/deep/x.bin", sha256(CONTENT)), tmp_path / "other-name.bin")
    assert path.read_bytes() == CONTENT
    assert server.asked == []


def test_a_mirror_without_the_file_leaves_it_to_the_origin(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["/x.bin"] = CONTENT
    monkeypatch.setenv("AHC_STREAM_MIRROR", f"{server.url}/mirror/")
    store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin")
    assert [(how, path) for how, path, _ in server.asked] == [("HEAD", "/mirror/x.bin"), ("GET", "/x.bin")]


def test_a_mirror_url_serves_the_file(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files["/mirror/x.bin"] = CONTENT
    monkeypatch.setenv("AHC_STREAM_MIRROR", f"{server.url}/mirror")
    path = store.fetch(Url("http://127.0.0.1:9/x.bin", sha256(CONTENT)), tmp_path / "x.bin")
    assert path.read_bytes() == CONTENT


def test_a_mirror_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.bin").write_bytes(b"forged")
    monkeypatch.setenv("AHC_STREAM_MIRROR", str(tmp_path))
    with pytest.raises(DownloadError, match="SHA-256"):
        store.fetch(Url("http://127.0.0.1:9/x.bin", sha256(CONTENT)), tmp_path / "to" / "x.bin")
    assert rests(tmp_path / "to") == []


def test_offline_a_mirror_is_not_asked_for_a_file_without_a_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.bin").write_bytes(b"anything")
    monkeypatch.setenv("AHC_STREAM_MIRROR", str(tmp_path))
    monkeypatch.setenv("AHC_STREAM_OFFLINE", "1")
    with pytest.raises(DownloadError, match=f"no hash of the file is published.*trust at {tmp_path}/to/x.bin"):
        store.fetch(Url("https://example.org/x.bin"), tmp_path / "to" / "x.bin")
    assert not (tmp_path / "to" / "x.bin").exists()
