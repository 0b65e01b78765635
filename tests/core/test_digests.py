"""Digests of files, held to hashlib over the bytes that the definition names."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from ahc_stream.core.digests import ENDS, WHOLE, fingerprint, of_files

END = 65_536
"""Bytes of either end."""


def file_of(path: Path, size: int) -> bytes:
    """Writes bytes no two blocks of which are alike, and gives them back."""
    data = hashlib.shake_128(b"seed").digest(size)
    path.write_bytes(data)
    return data


def sha256(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.parametrize("size", [0, 1, END - 1, END, END + 1, 2 * END - 1, 2 * END, 2 * END + 1, 3 * END, 2**21 + 1])
def test_ends_are_the_first_and_last_64_kib_and_no_byte_twice(tmp_path: Path, size: int) -> None:
    path = tmp_path / "v.mp4"
    data = file_of(path, size)
    front = f"v.mp4\0{size}\0".encode()
    last = data[max(END, size - END) :]
    ends, whole = sha256(front, data[:END], last), sha256(front, data)
    assert of_files([path]) == {ENDS: ends}
    assert of_files([path], whole=True) == {ENDS: ends, WHOLE: whole}


def test_a_digest_is_over_all_files_in_their_order(tmp_path: Path) -> None:
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    first.write_bytes(b"one")
    second.write_bytes(b"two")
    assert of_files([first, second], whole=True)[WHOLE] == sha256(b"a.png\x003\x00one", b"b.png\x003\x00two")
    assert of_files([first, second]) != of_files([second, first])


def test_a_file_that_cannot_be_read_has_a_digest_of_its_own(tmp_path: Path) -> None:
    assert of_files([tmp_path / "none.png"]) == {ENDS: sha256(b"none.png\0unreadable\0")}


def test_a_fingerprint_is_over_names_and_digests_sorted_by_name() -> None:
    expected = f"sha256-of-names-sizes-ends:{sha256(b'a', bytes(1), b'1', bytes(1), b'b', bytes(1), b'2', bytes(1))}"
    assert fingerprint({"b": "2", "a": "1"}) == fingerprint({"a": "1", "b": "2"}) == expected
