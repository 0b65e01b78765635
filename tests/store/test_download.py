"""Downloads from a local server: whole, resumed, refused."""

from __future__ import annotations

import errno
import threading
from pathlib import Path

import pytest

from ahc_stream import store
from ahc_stream.core.errors import DownloadError, StorageError
from ahc_stream.store import Url, disk, transfer
from ahc_stream.store.transfer import CHUNK_BYTES
from tests.store.server import CONTENT, Server, rests, sha256


def test_a_download_arrives_whole_and_reports_its_progress(server: Server, tmp_path: Path) -> None:
    server.files["/a/x.bin"] = CONTENT
    seen: list[tuple[int, int | None]] = []
    source = Url(f"{server.url}/a/x.bin", sha256(CONTENT))
    path = store.fetch(source, tmp_path / "to" / "x.bin", lambda here, total: seen.append((here, total)))
    assert path.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [here for here, _ in seen] == sorted(here for here, _ in seen)
    assert rests(path.parent) == ["x.bin"]


def test_a_file_that_is_there_is_not_asked_for(server: Server, tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(b"mine")
    store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin")
    assert server.asked == []


def test_a_partial_download_is_resumed_where_it_stopped(server: Server, tmp_path: Path) -> None:
    server.files["/x.bin"] = CONTENT
    (tmp_path / "x.bin.part").write_bytes(CONTENT[:1000])
    seen: list[tuple[int, int | None]] = []
    path = store.fetch(
        Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin", lambda here, total: seen.append((here, total))
    )
    assert path.read_bytes() == CONTENT
    assert server.asked == [("GET", "/x.bin", "bytes=1000-")]
    assert seen[0][0] > 1000 and seen[-1] == (len(CONTENT), len(CONTENT))


def test_a_part_that_is_already_whole_is_accepted(server: Server, tmp_path: Path) -> None:
    server.files["/x.bin"] = CONTENT
    (tmp_path / "x.bin.part").write_bytes(CONTENT)
    path = store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin")
    assert path.read_bytes() == CONTENT


def test_a_server_without_ranges_gives_the_file_from_the_start(server: Server, tmp_path: Path) -> None:
    server.files["/x.bin"], server.ranges = CONTENT, False
    (tmp_path / "x.bin.part").write_bytes(CONTENT[:1000])
    assert store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("length", [1000, len(CONTENT), len(CONTENT) + 5])
def test_a_foreign_part_is_thrown_away_and_fetched_anew(server: Server, tmp_path: Path, length: int) -> None:
    server.files["/x.bin"] = CONTENT
    (tmp_path / "x.bin.part").write_bytes(b"?" * length)
    assert store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin").read_bytes() == CONTENT


def test_a_connection_that_breaks_is_taken_up_again(server: Server, tmp_path: Path) -> None:
    server.files["/x.bin"], server.hang_up_after = CONTENT, [3 * CHUNK_BYTES, CHUNK_BYTES]
    assert store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin").read_bytes() == CONTENT
    assert [asked for _, _, asked in server.asked] == [None, "bytes=196608-", "bytes=262144-"]


def test_without_a_hash_a_part_is_never_continued(server: Server, tmp_path: Path) -> None:
    server.files["/x.bin"] = CONTENT
    (tmp_path / "x.bin.part").write_bytes(b"another version")
    assert store.fetch(Url(f"{server.url}/x.bin"), tmp_path / "x.bin").read_bytes() == CONTENT
    assert server.asked == [("GET", "/x.bin", None)]


def test_a_hash_prefix_is_enough(server: Server, tmp_path: Path) -> None:
    server.files["/x.bin"] = CONTENT
    assert store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)[:8]), tmp_path / "x.bin").is_file()


def test_a_wrong_hash_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    server.files["/x.bin"] = CONTENT
    with pytest.raises(DownloadError, match=f"{'0' * 64}.*{sha256(CONTENT)}"):
        store.fetch(Url(f"{server.url}/x.bin", "0" * 64), tmp_path / "to" / "x.bin")
    assert rests(tmp_path / "to") == []


def test_a_404_names_the_address_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"/none\.bin; got HTTP status 404"):
        store.fetch(Url(f"{server.url}/none.bin", "0" * 64), tmp_path / "to" / "none.bin")
    assert rests(tmp_path / "to") == []


def test_a_server_that_is_gone_is_a_download_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer.time, "sleep", lambda _: None)
    with pytest.raises(DownloadError, match="ConnectionError in 3 attempts"):
        store.fetch(Url("http://127.0.0.1:9/x.bin"), tmp_path / "x.bin")


def test_a_password_in_an_address_is_not_shown(server: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError) as caught:
        store.fetch(Url(f"{server.url.replace('//', '//me:secret@')}/none.bin"), tmp_path / "x.bin")
    assert "secret" not in str(caught.value)


def test_offline_asks_nobody(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.files["/x.bin"] = CONTENT
    monkeypatch.setenv("AHC_STREAM_OFFLINE", "1")
    monkeypatch.setenv("AHC_STREAM_MIRROR", server.url)
    with pytest.raises(DownloadError, match="AHC_STREAM_OFFLINE is set"):
        store.fetch(Url(f"{server.url}/x.bin", sha256(CONTENT)), tmp_path / "x.bin")
    assert server.asked == []


def test_two_threads_that_want_one_file_fetch_it_once(server: Server, tmp_path: Path) -> None:
    server.files["/x.bin"] = CONTENT
    source = Url(f"{server.url}/x.bin", sha256(CONTENT))
    threads = [threading.Thread(target=store.fetch, args=(source, tmp_path / "x.bin")) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "x.bin").read_bytes() == CONTENT
    assert len(server.asked) == 1


def test_a_full_disk_is_a_storage_error_and_leaves_no_final_name(server: Server, tmp_path: Path) -> None:
    server.files["/x.bin"] = CONTENT

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(StorageError, match="a full disk"):
        store.fetch(Url(f"{server.url}/x.bin"), tmp_path / "x.bin", full)
    assert not (tmp_path / "x.bin").exists()


def test_a_folder_that_cannot_be_made_is_a_storage_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="AHC_STREAM_HOME"):
        store.fetch(Url(f"{server.url}/x.bin"), tmp_path / "file" / "x.bin")


def test_disk_errors_keep_their_cause() -> None:
    with pytest.raises(StorageError) as caught, disk.storage_errors(Path("x")):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert isinstance(caught.value.__cause__, PermissionError)
