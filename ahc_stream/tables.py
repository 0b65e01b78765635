"""The tables of a run: what their columns mean. `runs` writes and reads them.

    OUT/frames/                one row per frame and operating point: sizes, rates, metrics
    OUT/streams/               one row per stream and operating point: seconds, delay, device
    OUT/predictions_<task>/    one row per prediction
    OUT/failures/              one row per item that could not be decoded or coded
    OUT/notes/                 one row per thing that was noticed about an item, or assumed
    OUT/labels_<task>/         the ground truth the task is scored against, as the dataset gave it
    OUT/items/                 one row per item: digests of its files
    OUT/recon/                 decoded frames as PNG, on request: see `recon_path`

The line fills rows without the column `start`; the folder adds it (`with_start`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Protocol, Self, TypeVar
from urllib.parse import quote

import pyarrow as pa

from ahc_stream.core.file_names import LONGEST_NAME
from ahc_stream.core.labels import KEY
from ahc_stream.core.quality import quality_text

POINT = [("codec", pa.string()), ("quality", pa.float64()), ("options", pa.string())]
"""The operating point: `quality` is null where the codec has no knob, and in kbit/s where `options` say
control=bitrate; `options` as `gop=32:preset=medium`. Points of a codec that differ in options alone are different
points."""

START = ("start", pa.int32())
"""The start of the run that wrote the row, by its number in the manifest."""

FRAMES = pa.schema(
    [
        *KEY,
        *POINT,
        ("frame_type", pa.string()),  # "I", "P" or "B"
        ("width", pa.int32()),  # pixels of the original, padding excluded
        ("height", pa.int32()),
        ("payload_bits", pa.int64()),  # the coded frame itself
        ("container_bits", pa.int64()),  # with its share of the framing
        ("estimated_bits", pa.float64()),  # by the entropy model; null where there is none
    ]
)
"""Without the metrics: each that was asked for is one more float64 column, null where it is not defined."""

STREAMS = pa.schema(
    [
        *KEY,  # frame: the stream's first
        *POINT,
        ("frames", pa.int32()),  # in the stream, or before it ended early
        ("complete", pa.bool_()),  # False: it ended early, by damage or a codec's failure
        ("final", pa.bool_()),  # the last stream of its item; a change of frame size makes several
        ("consecutive", pa.bool_()),  # video, or a still
        ("duration_seconds", pa.float64()),  # of what is shown; null for stills
        # Wall time of the whole stream; the encoder's threads work on while the decoder is timed.
        ("encode_seconds", pa.float64()),
        ("decode_seconds", pa.float64()),
        ("encode_ms", pa.float64()),  # per frame, the median
        ("encode_ms_p95", pa.float64()),  # per frame, the 95th percentile
        ("decode_ms", pa.float64()),
        ("decode_ms_p95", pa.float64()),
        ("delay_frames", pa.int32()),  # given beyond the first one when the first coded frame came
        ("device", pa.string()),
        ("lanes", pa.int32()),  # of the codec stage: lanes share the device, so seconds include their neighbours
        ("source", pa.string()),  # what decoded the original
    ]
)

FAILURES = pa.schema(
    [*KEY, *POINT, ("stage", pa.string()), ("error", pa.string()), ("message", pa.string())],
)
"""`frame` and the operating point are null where the item could not be opened. Of stills, `item` is the still."""

NOTES = pa.schema([("dataset", pa.string()), ("item", pa.string()), ("text", pa.string())])
"""What was noticed about an item, or assumed. Of stills, `item` is the still."""

BESIDE_ROWS = {"failures": FAILURES, "notes": NOTES}
"""Tables of every run, whatever it measures."""

ITEMS = pa.schema([("item", pa.string()), ("ends", pa.string()), ("whole", pa.string())])
"""What an item's files were: SHA-256 of names, sizes and ends, and of whole files (null unless it was asked for)."""

PREDICTIONS = "predictions_"
"""Prefix of a table's name; what follows is the task that predicted."""

LABELS = "labels_"
"""Prefix of a table's name; what follows is the task that is scored against it."""


class Joinable(Protocol):
    """A folder, of this machine or of an object store: what a name can be joined to."""

    def __truediv__(self, name: str, /) -> Self: ...


F = TypeVar("F", bound=Joinable)

Rows = Mapping[str, pa.Table]
"""Table name -> rows, without the column `start`."""


def frames_schema(metrics: Sequence[str]) -> pa.Schema:
    """FRAMES and one column per metric."""
    return pa.schema([*FRAMES, *((name, pa.float64()) for name in metrics)])


def predictions_schema(task: pa.Schema) -> pa.Schema:
    """A task's own columns behind the keys of frame and operating point."""
    return pa.schema([*KEY, *POINT, *task])


def with_start(schema: pa.Schema) -> pa.Schema:
    """The schema of a table as it lies in a run's folder."""
    return schema.append(pa.field(*START))


def recon_path(folder: F, codec: str, quality: float | None, options: str, item: str, frame: int) -> F:
    """Where a decoded frame lies, if it was kept: OUT/recon/h264@28-<digest of the options>/ITEM/000000.png.

    Frames of the codec "identity" are the originals; they are kept whether or not it was run.
    """
    options_digest = f"-{hashlib.sha256(options.encode()).hexdigest()[:8]}" if options else ""
    quality_name = quality_text(quality, options)
    point = f"{codec}@{quality_name}" if quality_name else codec
    folder_of_point = folder / "recon" / quote(point + options_digest, safe="@")
    return folder_of_point / _folder_name(item) / f"{frame:06d}.png"


def _folder_name(item: str) -> str:
    """The item's name as that of a folder. A longer one than systems take is cut, and the digest of all of it added."""
    name = quote(item, safe="")
    if len(name) <= LONGEST_NAME:
        return name
    digest = hashlib.sha256(item.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_NAME - len(digest) - 1]}-{digest}"
