"""The shape of pixels and the turn of a picture, through `encode` and `decode`, into both containers."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest

from ahc_stream.core.ebml import element_at, written
from ahc_stream.core.errors import MediaError
from ahc_stream.core.presentation import UPRIGHT, Presentation
from ahc_stream.sources.structure import structural_damage
from ahc_stream.transcode.matroska_shape import ROOM, write_shape
from ahc_stream.transcode.video import VideoFile
from tests.coded_files import CPU, encoded, video
from tests.pictures import picture
from tests.sources.made import ffmpeg, film, outcome

TURNED = (0, 65_536, 0, -65_536, 0, 0, 0, 0, 1 << 30)
ASPECTS = (Fraction(16, 11), Fraction(4, 3), Fraction(64, 45), Fraction(10, 11), Fraction(1, 2), Fraction(255, 254))


def made(path: Path, presentation: Presentation, height: int = 48, width: int = 64) -> Path:
    """Three frames, 40 ms each."""
    with VideoFile(path, Fraction(1, 1000), presentation=presentation) as file:
        for number in range(3):
            file.add(np.ascontiguousarray(picture(height, width, number).transpose(2, 0, 1)), 40 * number)
    return path


def seen_by_ffmpeg(path: Path) -> str:
    """What the ffmpeg program prints of the stream, as ffprobe does: "[SAR 16:11 DAR 20:11]"."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    (found,) = re.findall(r"SAR \d+:\d+", done.stderr)
    return str(found)


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("aspect", ASPECTS, ids=str)
def test_a_shape_is_read_back_by_pyav_and_by_the_ffmpeg_program(tmp_path: Path, suffix: str, aspect: Fraction) -> None:
    path = made(tmp_path / f"a{suffix}", Presentation(UPRIGHT, aspect))
    with av.open(path) as container:
        stream = container.streams.video[0]
        assert stream.sample_aspect_ratio == aspect and len(list(container.decode(stream))) == 3
        assert "title" not in stream.metadata and ROOM.encode() not in path.read_bytes()
    assert seen_by_ffmpeg(path) == f"SAR {aspect.numerator}:{aspect.denominator}"


@pytest.mark.parametrize(("height", "width"), [(1, 1), (47, 65), (576, 720), (2, 4096)])
def test_a_shape_leaves_every_frame_and_every_byte_of_structure_as_it_was(
    tmp_path: Path, height: int, width: int
) -> None:
    plain = outcome(made(tmp_path / "plain.mkv", Presentation(TURNED), height, width))
    shaped = outcome(made(tmp_path / "shaped.mkv", Presentation(TURNED, Fraction(16, 11)), height, width))
    assert shaped.error is None and np.array_equal(shaped.frames, plain.frames)
    assert shaped.opened.presentation == Presentation(TURNED, Fraction(16, 11))
    assert structural_damage(tmp_path / "shaped.mkv", "matroska,webm") is None
    ffmpeg(
        "-v", "error", "-xerror", "-err_detect", "+crccheck+explode", "-i", tmp_path / "shaped.mkv", "-f", "null", "-"
    )


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_and_shape_go_through_a_coded_file(tmp_path: Path, degrees: int, suffix: str) -> None:
    from ahc_stream.transcode import decode_file

    plain = film(tmp_path / "plain.mp4", "-c:v", "libx264", "-vf", "setsar=16/11", frames=3)
    ffmpeg("-display_rotation", str(degrees), "-i", plain, "-c", "copy", tmp_path / "turned.mp4")
    before = outcome(tmp_path / "turned.mp4").opened.presentation
    coded = encoded(video(tmp_path / "turned.mp4"), "h264@10", tmp_path / "a.ahc")
    decode_file(coded, tmp_path / f"back{suffix}", CPU)
    after = outcome(tmp_path / f"back{suffix}").opened.presentation
    assert (
        after == before
        and after.pixel_aspect == Fraction(16, 11)
        and (after.display_matrix == UPRIGHT) == (not degrees)
    )


def test_square_pixels_leave_no_trace(tmp_path: Path) -> None:
    made(tmp_path / "a.mkv", Presentation(TURNED))
    with av.open(tmp_path / "a.mkv") as container:
        assert not container.streams.video[0].sample_aspect_ratio or container.streams.video[0].sample_aspect_ratio == 1


def test_a_file_of_another_layout_is_refused_and_stays(tmp_path: Path) -> None:
    path = made(tmp_path / "a.mkv", Presentation())
    before = path.read_bytes()
    with pytest.raises(MediaError, match="no element 536e"):
        write_shape(path, 64, 48, Fraction(4, 3))
    assert path.read_bytes() == before
    path.write_bytes(b"no matroska")
    with pytest.raises(MediaError, match="a Matroska file of one track"):
        write_shape(path, 64, 48, Fraction(4, 3))


@pytest.mark.parametrize(("length", "size_length"), [(0, 1), (126, 1), (127, 2), (16_382, 2), (300, 4), (5, 8)])
def test_elements_are_read_as_they_are_written(tmp_path: Path, length: int, size_length: int) -> None:
    data = written(b"\x53\x6e", bytes(length), size_length)
    (tmp_path / "x").write_bytes(b"?" + data)
    with (tmp_path / "x").open("rb") as file:
        element = element_at(file, 1)
    assert element is not None and element.name == b"\x53\x6e"
    assert (element.start, element.content, element.end) == (1, 1 + len(data) - length, 1 + len(data))


def test_a_size_that_would_mean_none_is_no_size() -> None:
    with pytest.raises(OverflowError):
        written(b"\xae", bytes(127), 1)
