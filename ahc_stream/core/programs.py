"""Programs that run beside this process."""

from __future__ import annotations

import subprocess
from functools import cache

from ahc_stream.core.errors import MissingExtra


@cache
def ffmpeg_with(component: str, listing: str) -> str:
    """The path of imageio-ffmpeg's program, which has more components than PyAV's libraries.

    component:  such as "libvmaf"; MissingExtra where the program lacks it, or where there is no program.
    listing:    the program's option that lists components of its kind: "-encoders" or "-filters".
    """
    program = ffmpeg()
    listed = subprocess.run([program, "-hide_banner", listing], capture_output=True, text=True, check=False).stdout
    if component not in listed:
        todo = "run: pip install -U imageio-ffmpeg, and unset IMAGEIO_FFMPEG_EXE"
        raise MissingExtra(f"an ffmpeg program with {component}", f"{program} without it", todo)
    return program


def ffmpeg() -> str:
    """The path of imageio-ffmpeg's program, whatever it has. Raises MissingExtra where there is none."""
    import imageio_ffmpeg

    try:
        program: str = imageio_ffmpeg.get_ffmpeg_exe()
    except RuntimeError as error:  # a wheel without a program, and none on the path
        raise MissingExtra(
            "imageio-ffmpeg's ffmpeg program", str(error), "run: pip install -U imageio-ffmpeg"
        ) from error
    return program
