"""What is read of an image's header."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ahc_stream.core.image_header import orientation_of, stored_size


@pytest.mark.parametrize("kind", ["tiff", "jpg", "png"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_stored_size_is_that_of_the_pixels_however_they_are_to_be_turned(
    kind: str, orientation: int, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / f"picture.{kind}"
    Image.new("RGB", (7, 4)).save(path, exif=exif)
    with Image.open(path) as image:
        assert stored_size(image) == (7, 4) and orientation_of(image) == orientation


def test_a_number_that_means_nothing_turns_nothing(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 9
    Image.new("RGB", (7, 4)).save(tmp_path / "picture.jpg", exif=exif)
    with Image.open(tmp_path / "picture.jpg") as image:
        assert orientation_of(image) == 1
