"""Running a DALI video pipeline, on the CPU and on the GPU alike."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import Any

from ahc_stream.core.errors import MediaError
from ahc_stream.sources.probe import Video


def library() -> Any:
    """nvidia.dali with its modules `fn` and `types`. Without a type: its stubs lack most of what the modules hold."""
    import_module("nvidia.dali.fn")
    import_module("nvidia.dali.types")
    return import_module("nvidia.dali")


def outputs_of(pipeline: Any, video: Video, clip_frames: int) -> Iterator[Any]:
    """The first output of each run that the video's frames take. Raises MediaError where DALI gives up."""
    try:
        pipeline.build()
        for _ in range(0, len(video.pts_seconds), clip_frames):
            yield pipeline.run()[0]
    except RuntimeError as error:
        raise MediaError(f"a video that DALI decodes at {video.path}", str(error), "choose the source pyav") from error
