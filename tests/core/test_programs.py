"""The ffmpeg program is found with the part that is needed, or the message says what lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
import pytest

from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.programs import ffmpeg_with


@pytest.fixture(autouse=True)
def fresh_search() -> Iterator[None]:
    ffmpeg_with.cache_clear()
    yield
    ffmpeg_with.cache_clear()


@pytest.mark.parametrize(("part", "listing"), [("libvvenc", "-encoders"), ("libvmaf", "-filters")])
def test_the_program_of_imageio_ffmpeg_has_what_we_need(part: str, listing: str) -> None:
    assert Path(ffmpeg_with(part, listing)).is_file()


def test_a_program_without_the_part_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho ' V....D libx264'\n")
    program.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(program))
    with pytest.raises(MissingExtra, match=f"libvvenc; got {program} without it"):
        ffmpeg_with("libvvenc", "-encoders")


def test_no_program_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(MissingExtra, match="pip install -U imageio-ffmpeg"):
        ffmpeg_with("libvmaf", "-filters")


def test_a_program_that_fails_lists_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", lambda: str(program))
    with pytest.raises(MissingExtra, match="an ffmpeg program with libvmaf"):
        ffmpeg_with("libvmaf", "-filters")
