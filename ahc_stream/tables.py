"""The tables of a run: their schemas, and how they are read back. `line.sink` writes them.

    OUT/frames/                one row per frame and operating point: sizes, rates, metrics
    OUT/clips/                 one row per clip and operating point: seconds, device; `frame` is the clip's first
    OUT/predictions_<task>/    one row per prediction
    OUT/labels_<task>/         the ground truth the task is scored against, as the dataset gave it
    OUT/failures/              one row per item that could not be decoded or coded
    OUT/recon/                 decoded frames as PNG, on request: see `recon_path`

Rows are written in batches. A batch is one Parquet file in each table, all of the same name, each a temporary file that
is renamed when it is whole; the one in `clips` comes last and *commits* the batch. So a run that is killed at any moment
leaves whole batches and perhaps orphans, which readers pass over and the next sink removes: no row is lost or doubled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from ahc_stream.core.clip import FrameKey
from ahc_stream.core.errors import StorageError
from ahc_stream.core.failure import Failure
from ahc_stream.core.labels import KEY
from ahc_stream.core.trial import OperatingPoint

POINT = [("codec", pa.string()), ("quality", pa.float64()), ("options", pa.string())]
"""The operating point: `quality` is null where the codec has no knob; `options` as `gop=32:preset=medium`."""

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

CLIPS = pa.schema(
    [
        *KEY,
        *POINT,
        ("batch", pa.int32()),  # frames in the clip, coded together
        ("consecutive", pa.bool_()),  # video, or unrelated stills
        ("encode_seconds", pa.float64()),  # wall time of the whole clip
        ("decode_seconds", pa.float64()),
        ("device", pa.string()),
        ("lanes", pa.int32()),  # of the trial stage: lanes share the device, so seconds include their neighbours
        ("source", pa.string()),  # what decoded the original
    ]
)

FAILURES = pa.schema(
    [*KEY, *POINT, ("stage", pa.string()), ("error", pa.string()), ("message", pa.string())],
)
"""`frame` and the operating point are null where the item could not be opened."""

Rows = Mapping[str, pa.Table]
ClipKey = tuple[Any, ...]


def frames_schema(metrics: Sequence[str]) -> pa.Schema:
    """FRAMES and one column per metric."""
    return pa.schema([*FRAMES, *((name, pa.float64()) for name in metrics)])


def predictions_schema(task: pa.Schema) -> pa.Schema:
    """A task's own columns behind the keys of frame and operating point."""
    return pa.schema([*KEY, *POINT, *task])


def clip_key(first: FrameKey, point: OperatingPoint) -> ClipKey:
    """What a row of `clips` is known by: its KEY and POINT columns."""
    return (*first, point.codec, point.quality, point.options_text)


def committed_keys(folder: Path) -> frozenset[ClipKey]:
    """The `clip_key` of every clip that a run under `folder` has committed."""
    clips = read(folder, "clips")
    names = [name for name, _ in (*KEY, *POINT)]
    return frozenset(zip(*(clips[name].to_pylist() for name in names), strict=True)) if clips.num_rows else frozenset()


def failure_row(failure: Failure) -> pa.Table:
    """One row of `failures`."""
    point = failure.point
    row = {
        "dataset": failure.dataset,
        "item": failure.item,
        "frame": failure.key.frame if failure.key else None,
        "codec": point.codec if point else None,
        "quality": point.quality if point else None,
        "options": point.options_text if point else None,
        "stage": failure.stage,
        "error": type(failure.error).__name__,
        "message": str(failure.error),
    }
    return pa.Table.from_pylist([row], schema=FAILURES)


def read(folder: Path, table: str) -> pa.Table:
    """All committed rows of one table of a run. Raises StorageError where there is no such table."""
    parts = sorted((folder / table).glob("part-*.parquet"))
    if table not in ("clips", "failures") and not table.startswith("labels_"):
        parts = [part for part in parts if (folder / "clips" / part.name).exists()]
    if not (folder / table).is_dir():
        raise StorageError(f"a table {table!r} under {folder}", "no such folder", "name the --out of a run")
    if not parts:
        return pa.table({})
    return pa.concat_tables([pq.ParquetFile(part).read() for part in parts], promote_options="permissive")


def recon_path(folder: Path, codec: str, quality: float | None, options: str, item: str, frame: int) -> Path:
    """Where a decoded frame lies, if it was kept: OUT/recon/h264@28-<digest of the options>/ITEM/000000.png.

    Frames of the codec "identity" are the originals; they are kept whether or not it was run.
    """
    of_options = f"-{hashlib.sha256(options.encode()).hexdigest()[:8]}" if options else ""
    point = codec if quality is None else f"{codec}@{quality:g}"
    return folder / "recon" / quote(point + of_options, safe="@") / quote(item, safe="") / f"{frame:06d}.png"


def task_texts(folder: Path) -> tuple[str, ...]:
    """The tasks of a run as its manifest has them, every option spelled out. Raises StorageError without a manifest."""
    return tuple(_experiment(folder)["tasks"])


def metric_profile(folder: Path) -> str:
    """What a run measured by default, as its manifest has it. Raises StorageError without a manifest."""
    return _experiment(folder).get("metric_profile", "standard")  # the only one there was before it was written down


def _experiment(folder: Path) -> dict[str, Any]:
    path = next(iter(sorted(folder.glob("manifest*.json"))), folder / "manifest.json")
    try:
        return json.loads(path.read_text())["experiment"]
    except (OSError, ValueError, KeyError) as error:
        raise StorageError(f"a manifest at {path}", str(error), "name the --out of a run") from error
