"""Which rates a chart of a run may have."""

from __future__ import annotations

from pathlib import Path

from ahc_stream.report import analyse
from ahc_stream.report.rate_axes import rate_axes
from tests.report.runs import write_run


def test_stills_have_bits_per_pixel_and_video_bits_per_second_too(tmp_path: Path) -> None:
    stills = rate_axes(analyse(write_run(tmp_path / "stills", items=3, task=False)))
    video = rate_axes(analyse(write_run(tmp_path / "video", items=3, task=False, video=True)))
    assert stills.keys() == {"bpp", "bpp_container"} and video.keys() == {"bpp", "bpp_container", "kbit_s"}
    assert video["kbit_s"] == "kbit/s"
