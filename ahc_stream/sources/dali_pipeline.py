"""Running a DALI video pipeline, on the CPU and on the GPU alike."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from packaging.version import InvalidVersion, Version

from ahc_stream.core.errors import MediaError, MissingExtra
from ahc_stream.sources.probe import Video

LEAST_VERSION = Version("2.4")
"""Older ones round the chroma that they interpolate to 8 bits, before its siting is put right and RGB is made of it:
then no video's frames are FFmpeg's within one grey level. `pyproject.toml` has the same bound."""


def library() -> Any:
    """nvidia.dali with its modules `fn` and `types`. Without a type: its stubs lack most of what the modules hold.

    Raises MissingExtra for a version that rounds.
    """
    dali = import_module("nvidia.dali")
    reason = rounding(str(dali.__version__))
    if reason:
        todo = "run: pip install --upgrade 'ahc-stream[dali]', or choose the source pyav"
        raise MissingExtra(f"nvidia-dali {LEAST_VERSION} or newer", reason, todo)
    import_module("nvidia.dali.fn")
    import_module("nvidia.dali.types")
    return dali


def lack() -> str | None:
    """Why DALI does not serve here, whatever the video; None where it does."""
    if find_spec("nvidia.dali") is None:
        return "nvidia-dali is not installed (pip install 'ahc-stream[dali]')"
    return rounding(str(import_module("nvidia.dali").__version__))


def rounding(version: str) -> str | None:
    """Why frames of a version of DALI would not be FFmpeg's, or None."""
    try:
        is_old = Version(version) < LEAST_VERSION
    except InvalidVersion:
        is_old = True
    return f"nvidia-dali {version}, which rounds chroma before RGB is made of it" if is_old else None


def outputs_of(pipeline: Any, video: Video, clip_frames: int) -> Iterator[Any]:
    """The first output of each run that the video's frames take. Raises MediaError where DALI gives up."""
    try:
        pipeline.build()
        for _ in range(0, len(video.pts_seconds), clip_frames):
            yield pipeline.run()[0]
    except RuntimeError as error:
        raise MediaError(f"a video that DALI decodes at {video.path}", str(error), "choose the source pyav") from error
