"""Where decoded frames lie: one folder for each operating point and item, whose name people can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.tables import recon_path


@pytest.mark.parametrize(
    ("codec", "quality", "options", "folder"),
    [
        ("identity", None, "", "identity"),
        ("webp", 80.0, "", "webp@80"),
        ("h264", 1500.0, "control=bitrate", "h264@1.5M-"),
        ("x264", None, "preset=fast", "x264-"),
    ],
)
def test_the_folder_of_a_point_says_its_quality_where_it_has_one(
    codec: str, quality, options: str, folder: str
) -> None:
    path = recon_path(Path("out"), codec, quality, options, "a/b", 7)
    assert path.parts[0:2] == ("out", "recon") and path.parts[3:] == ("a%2Fb", "000007.png")
    name = path.parts[2]
    assert name == folder if not options else name.startswith(folder) and len(name) == len(folder) + 8
    assert path != recon_path(Path("out"), codec, quality, "other=1", "a/b", 7)
