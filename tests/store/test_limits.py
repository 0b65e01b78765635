"""What a download may take: https alone, bytes and seconds that end."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ahc_stream import store
from ahc_stream.core.errors import DownloadError
from ahc_stream.store import Url, transfer
from tests.store.server import CONTENT, Server, rests, sha256


@pytest.mark.parametrize("address", ["http://example.org/x.bin", "ftp://example.org/x.bin", "file:///etc/hostname"])
def test_an_address_without_https_is_refused_before_anybody_is_asked(address: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=f"expected an https address to download from; got {address}"):
        store.fetch(Url(address, sha256(CONTENT)), tmp_path / "x.bin")


@pytest.mark.parametrize("digest", [None, sha256(CONTENT)])
def test_a_redirect_away_from_https_is_not_followed(server: Server, tmp_path: Path, digest: str | None) -> None:
    server.redirects["/x.bin"] = "http://example.org/x.bin"
    with pytest.raises(DownloadError, match="https address to download from; got http://example"):
        store.fetch(Url(f"{server.url}/x.bin", digest), tmp_path / "to" / "x.bin")
    assert rests(tmp_path / "to") == []


def test_a_mirror_that_redirects_away_from_https_is_not_followed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.redirects["/mirror/x.bin"] = "http://example.org/x.bin"
    monkeypatch.setenv("AHC_STREAM_MIRROR", f"{server.url}/mirror")
    with pytest.raises(DownloadError, match="https address to download from; got http://example"):
        store.fetch(Url("https://example.org/x.bin"), tmp_path / "x.bin")
    assert server.asked == [("HEAD", "/mirror/x.bin", None)]


def test_a_redirect_on_this_machine_is_followed(server: Server, tmp_path: Path) -> None:
    server.redirects["/old.bin"] = "/x.bin"
    server.files["/x.bin"] = CONTENT
    path = store.fetch(Url(f"{server.url}/old.bin", sha256(CONTENT)), tmp_path / "x.bin")
    assert path.read_bytes() == CONTENT


def test_plain_http_of_a_mirror_serves_files_of_a_known_hash_alone() -> None:
    transfer.check_address("http://mirror.example.org/x.bin", plain_http=True)
    with pytest.raises(DownloadError, match="https"):
        transfer.check_address("http://mirror.example.org/x.bin", plain_http=False)


@pytest.mark.parametrize("digest", [None, sha256(CONTENT)[:8]])
def test_a_mirror_of_plain_http_is_not_asked_for_what_no_whole_hash_guards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digest: str | None
) -> None:
    monkeypatch.setenv("AHC_STREAM_MIRROR", "http://mirror.example.org")
    with pytest.raises(DownloadError, match="https address to download from; got http://mirror"):
        store.fetch(Url("https://example.org/x.bin", digest), tmp_path / "x.bin")


def test_a_file_that_claims_too_many_bytes_is_refused_before_the_first(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "MOST_BYTES", 1000)
    server.files["/x.bin"], server.claims = b"x" * 10, 1001
    with pytest.raises(DownloadError, match="one of more than 1000 bytes"):
        store.fetch(Url(f"{server.url}/x.bin"), tmp_path / "to" / "x.bin")
    assert rests(tmp_path / "to") == []


def test_a_part_and_the_rest_that_together_are_too_large_are_refused(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "MOST_BYTES", len(CONTENT) - 1)
    server.files["/x.bin"] = CONTENT
    (tmp_path / "x.bin.part").write_bytes(CONTENT[:1000])
    with pytest.raises(DownloadError, match="more than"):
        store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin")
    assert rests(tmp_path) == []


def test_a_server_that_trickles_is_left_at_the_deadline(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "MOST_SECONDS", 0.3)
    server.files["/x.bin"], server.trickles = CONTENT, 0.02
    begun = time.monotonic()
    with pytest.raises(DownloadError, match=r"in 0\.3 s, and no end"):
        store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin")
    assert time.monotonic() - begun < 5
    assert 0 < (tmp_path / "x.bin.part").stat().st_size < 100  # the next call goes on from there
