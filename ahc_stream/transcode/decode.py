"""A coded file -> pictures or video."""

from __future__ import annotations

from pathlib import Path

import torch

from ahc_stream import sources
from ahc_stream.core.cuda import lane
from ahc_stream.core.file_names import readable
from ahc_stream.core.heap import keeping_memory
from ahc_stream.core.numeric_policy import NumericPolicy, computing_by
from ahc_stream.transcode.containers import AUTO
from ahc_stream.transcode.frame_range import Selection
from ahc_stream.transcode.outputs import check_free
from ahc_stream.transcode.progress import FrameProgress, followed_by, unreported
from ahc_stream.transcode.reading import open_coded_file
from ahc_stream.transcode.writers import writer_of


def decode_file(
    path: Path,
    out: Path,
    device: torch.device,
    *,
    weights: str | None = None,
    frames: Selection = None,
    container: str = AUTO,
    salvage: bool = False,
    limits: sources.Limits = sources.DEFAULT_LIMITS,
    force: bool = False,
    progress: FrameProgress = unreported,
) -> str:
    """Decodes a file into `out`, which appears when it is complete; says what was written, in words, a line each.

    out:  by its suffix a video (.mkv lossless, .mp4 nearly), one picture (.png), or, without one, a folder of PNGs.
    The rest as `open_coded_file`. Raises what it raises, StorageError, and InvalidValue for an output that cannot hold
    it.
    """
    write = writer_of(out)
    check_free(out, force)
    with (
        keeping_memory() as trim,
        computing_by(NumericPolicy(), device),
        lane(device),
        open_coded_file(
            path, device, weights=weights, frames=frames, container=container, salvage=salvage, limits=limits
        ) as decoded,
    ):
        written = write(decoded, out, force, followed_by(progress, trim))
        return "\n".join([written, *(f"note: {readable(note)}" for note in decoded.notes)])
