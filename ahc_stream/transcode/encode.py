"""Media -> a coded file. One clip is in memory at a time, and what the encoder's look-ahead holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from ahc_stream import codecs, sources
from ahc_stream.container import FileHeader, Segment
from ahc_stream.core.clip import Item
from ahc_stream.core.cuda import lane
from ahc_stream.core.heap import keeping_memory
from ahc_stream.core.numeric_policy import NumericPolicy, computing_by
from ahc_stream.core.point import OperatingPoint
from ahc_stream.transcode.ahc_file import write_ahc
from ahc_stream.transcode.compressai_file import one_gop, write_compressai
from ahc_stream.transcode.containers import AHC, COMPRESSAI, WRITTEN, check_container
from ahc_stream.transcode.encoded import Encoded
from ahc_stream.transcode.media import Media, medium_of
from ahc_stream.transcode.outputs import finished_file
from ahc_stream.transcode.progress import FrameProgress, followed_by, unreported


def encode_items(
    items: Sequence[Item],
    point: OperatingPoint,
    out: Path,
    device: torch.device,
    *,
    weights: str | None = None,
    source: str = "auto",
    container: str = AHC,
    force: bool = False,
    limits: sources.Limits = sources.DEFAULT_LIMITS,
    isolate: bool = False,
    progress: FrameProgress = unreported,
) -> Encoded:
    """Encodes one video, one sequence, or any number of stills into `out`, which appears when it is complete.

    point:      with all its options, as `codecs.parse` gives it.
    container:  "ahc", or "compressai" for a file of CompressAI's codec example.
    limits:     how much memory the input may ask for.
    isolate:    decode the input in a process of its own, with limits of time and memory.

    Raises InvalidValue, StorageError, and what sources and codecs raise; then there is no output.
    """
    medium_of(items)
    check_container(container, WRITTEN)
    if container == COMPRESSAI:
        point = one_gop(items[0], point)
    with (
        finished_file(out, force) as unfinished,
        keeping_memory() as trim,
        computing_by(NumericPolicy(), device),
        lane(device) as fence,
    ):
        progress = followed_by(progress, trim)
        codec = codecs.make(point, device, weights)
        media = Media(items, device, source, limits, isolate)
        if container == COMPRESSAI:
            encoded = write_compressai(unfinished, codec, media, progress)
        else:
            header = partial(_header, point, device.type, media)
            encoded = write_ahc(unfinished, codec, header, media, progress, fence)
        return replace(encoded, notes=media.notes)


def _header(point: OperatingPoint, device: str, media: Media, first: Segment) -> FileHeader:
    """The header of an .ahc file with this first segment. `device`: the kind of device that encodes."""
    return FileHeader(
        point,
        media.medium,
        media.name,
        device,
        media.timing.time_base,
        first.height,
        first.width,
        first.bitstream.header,
        about=media.about,
    )
