"""Archives that are damaged, doubled, encrypted or packed by a method that nobody here knows."""

from __future__ import annotations

import io
import tarfile
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest

from ahc_stream.core.errors import DownloadError
from ahc_stream.store import Member, archive
from tests.store.server import rests, sha256

CONTENT = b"weights" * 1000
MEMBERS = (Member("model.pt", sha256(CONTENT)),)


def zipped(*names: str, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a name twice is what the test wants
        for name in names:
            file.writestr(name, CONTENT)
    return packed.getvalue()


def tarred(*names: str, mode: str = "w:gz", kind: bytes = tarfile.REGTYPE) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as file:  # type: ignore[call-overload]  # no overload takes str
        for name in names:
            info = tarfile.TarInfo(name)
            info.size, info.type = len(CONTENT) if kind == tarfile.REGTYPE else 0, kind
            file.addfile(info, io.BytesIO(CONTENT))
    return packed.getvalue()


def with_field(packed: bytes, offsets: tuple[int, int], value: int) -> bytes:
    """The zip with a field of two bytes set in the member's local header and in the directory."""
    changed = bytearray(packed)
    for signature, offset in zip((b"PK\x03\x04", b"PK\x01\x02"), offsets, strict=True):
        at = packed.index(signature) + offset
        changed[at : at + 2] = value.to_bytes(2, "little")
    return bytes(changed)


def refused(tmp_path: Path, name: str, packed: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(packed)
    with pytest.raises(DownloadError, match=says):
        archive.unpack(tmp_path / name, MEMBERS, tmp_path / "to" / "model.pt")


@pytest.mark.parametrize("name", ["a.whl", "a.zip", "a.tar.gz", "a.tgz", "a.tar.bz2", "a.tar.xz"])
def test_every_kind_of_archive_is_unpacked(name: str, tmp_path: Path) -> None:
    mode = {"bz2": "w:bz2", "xz": "w:xz"}.get(name.rpartition(".")[2], "w:gz")
    packed = (
        zipped("model.pt", "setup.py") if name.endswith(("whl", "zip")) else tarred("setup.py", "model.pt", mode=mode)
    )
    (tmp_path / name).write_bytes(packed)
    archive.unpack(tmp_path / name, MEMBERS, tmp_path / "to" / "model.pt")
    assert (tmp_path / "to" / "model.pt").read_bytes() == CONTENT
    assert rests(tmp_path / "to") == ["model.pt"]


@pytest.mark.parametrize(("name", "pack"), [("a.whl", zipped), ("a.tar.gz", tarred)])
def test_a_member_that_is_there_twice_is_refused(name: str, pack: object, tmp_path: Path) -> None:
    assert callable(pack)
    refused(tmp_path, name, pack("model.pt", "other", "model.pt"), "model.pt in a.*; got one that is there twice")


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    refused(
        tmp_path, "a.whl", with_field(zipped("model.pt"), (6, 8), 1), "model.pt in a.whl.*; got one that is encrypted"
    )


def test_a_method_that_is_not_known_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "a.whl", with_field(zipped("model.pt"), (8, 10), 98), "known methods in a.whl; got .*compression")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE])
def test_what_is_no_plain_file_is_refused(kind: bytes, tmp_path: Path) -> None:
    refused(tmp_path, "a.tar.gz", tarred("model.pt", kind=kind), "got one that is no plain file")


def test_a_member_that_unpacks_to_more_than_any_weights_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MOST_BYTES", len(CONTENT) - 1)
    refused(tmp_path, "a.tar.gz", tarred("model.pt"), f"one of more than {len(CONTENT) - 1} bytes")
    assert rests(tmp_path / "to") == []


def middle_changed(packed: bytes) -> bytes:
    at = len(packed) // 2
    return packed[:at] + bytes(byte ^ 0xFF for byte in packed[at : at + 20]) + packed[at + 20 :]


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz", "w:"])
@pytest.mark.parametrize("damage", [middle_changed, lambda packed: packed[: len(packed) // 2], lambda packed: b"none"])
def test_a_damaged_tarball_is_a_download_error_whatever_packed_it(mode: str, damage: object, tmp_path: Path) -> None:
    assert callable(damage)
    refused(tmp_path, "a.tar", damage(tarred("model.pt", mode=mode)), "a.tar|model.pt")
    assert rests(tmp_path / "to") == []


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_STORED])
def test_a_damaged_zip_is_a_download_error_whatever_packed_it(method: int, tmp_path: Path) -> None:
    packed = bytearray(zipped("model.pt", method=method))
    at = 30 + len("model.pt") + 4
    packed[at : at + 8] = bytes(byte ^ 0xFF for byte in packed[at : at + 8])
    refused(tmp_path, "a.zip", bytes(packed), "a.zip|model.pt")
    assert rests(tmp_path / "to") == []


def test_errors_of_compression_are_named_by_their_archive(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"an archive in a\.whl; got broken"), archive._reading(Path("a.whl")):
        raise zlib.error("broken")
