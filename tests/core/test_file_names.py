"""Names that are no UTF-8, and names as long as systems take."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ahc_stream.core.errors import MediaError
from ahc_stream.core.file_names import LONGEST_NAME, hidden_beside, readable
from ahc_stream.store.atomic import write_bytes


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("photo.png", "photo.png"),
        ("写真.png", "写真.png"),
        (os.fsdecode(b"caf\xe9.png"), r"caf\xe9.png"),
        (os.fsdecode(b"\xff\xfe"), r"\xff\xfe"),
        ("half \ud83d", r"half \ud83d"),
    ],
)
def test_every_name_becomes_text_that_can_be_written(name: str, text: str) -> None:
    assert readable(name) == text
    assert readable(name).encode()


def test_an_error_about_such_a_name_can_be_printed() -> None:
    error = MediaError("an image", os.fsdecode(b"caf\xe9.png"), "rename it")
    assert r"caf\xe9.png" in str(error) and str(error).encode() and error.got.encode()


@pytest.mark.parametrize("name", ["a" * LONGEST_NAME, "写" * 85, "a.png"])
def test_a_file_of_the_longest_name_appears_whole(tmp_path: Path, name: str) -> None:
    write_bytes(tmp_path / name, b"content")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_name_beside_another_is_hidden_and_fits(tmp_path: Path) -> None:
    name = hidden_beside(tmp_path / ("写" * 85), ".tmp").name
    assert name.startswith(".写写") and name.endswith(".tmp") and len(os.fsencode(name)) <= LONGEST_NAME
    assert hidden_beside(tmp_path / "a.png", ".tmp").name == ".a.png.tmp"
