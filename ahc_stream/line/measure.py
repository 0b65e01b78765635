"""measure: a trial -> its rows, as Arrow tables: rates, metrics, predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import torch

from ahc_stream import metrics, tables
from ahc_stream.core.clip import FrameKey
from ahc_stream.core.failure import Failure
from ahc_stream.core.protocols import Task
from ahc_stream.core.trial import OperatingPoint, Trial
from ahc_stream.line import recon


@dataclass(frozen=True)
class TrialRows:
    """The rows of one clip at one operating point: table name -> Arrow table (schemas in `tables`)."""

    key: FrameKey
    point: OperatingPoint
    tables: tables.Rows

    @property
    def frames(self) -> int:
        return self.tables["frames"].num_rows


def make_measure(
    metric_names: Sequence[str], tasks: Sequence[Task], lanes: int, recon_out: Path | None = None
) -> Callable[[Trial | Failure], Iterator[TrialRows | Failure]]:
    """The step over this lane's own `tasks`. `lanes`, the trial stage's, is recorded beside the seconds.
    `recon_out` is where decoded frames are kept, if they are."""

    def step(trial: Trial | Failure) -> Iterator[TrialRows | Failure]:
        if isinstance(trial, Failure):
            yield trial
            return
        values = _metric_columns(trial, metric_names)
        predictions = {f"predictions_{task.name}": _prediction_rows(trial, task) for task in tasks}
        if recon_out:
            recon.save(trial, recon_out)
        rows = {"frames": _frame_rows(trial, values), "clips": _clip_row(trial, lanes), **predictions}
        yield TrialRows(trial.reference.keys[0], trial.point, rows)

    return step


def _metric_columns(trial: Trial, names: Sequence[str]) -> dict[str, pa.Array]:
    """Every metric as float64 [N], in one transfer; a NaN (not defined for this frame) becomes null."""
    if not names:
        return {}
    pair = trial.reference.frames, trial.decoded.frames
    values = metrics.measure(*pair, names, consecutive=trial.reference.consecutive)
    host = torch.stack([values[name].double() for name in names]).cpu().numpy()
    return {name: pa.array(row, from_pandas=True) for name, row in zip(names, host, strict=True)}


def _frame_rows(trial: Trial, values: Mapping[str, pa.Array]) -> pa.Table:
    clip, stream = trial.reference, trial.bitstream
    columns = _key_columns(clip.keys, trial.point) | {
        "frame_type": list(stream.frame_types),
        "width": [clip.width] * len(clip),
        "height": [clip.height] * len(clip),
        "payload_bits": list(stream.payload_bits),
        "container_bits": list(stream.container_bits),
        "estimated_bits": list(stream.estimated_bits),
    }
    return pa.table(columns | dict(values), schema=tables.frames_schema(tuple(values)))


def _clip_row(trial: Trial, lanes: int) -> pa.Table:
    clip = trial.reference
    columns = _key_columns(clip.keys[:1], trial.point) | {
        "batch": [len(clip)],
        "consecutive": [clip.consecutive],
        "encode_seconds": [trial.encode_seconds],
        "decode_seconds": [trial.decode_seconds],
        "device": [str(clip.device)],
        "lanes": [lanes],
        "source": [clip.source],
    }
    return pa.table(columns, schema=tables.CLIPS)


def _prediction_rows(trial: Trial, task: Task) -> pa.Table:
    keyed = [
        (key, row) for key, rows in zip(trial.reference.keys, task.predict(trial.decoded), strict=True) for row in rows
    ]
    columns = _key_columns([key for key, _ in keyed], trial.point)
    columns |= {name: [row[name] for _, row in keyed] for name in task.schema.names}
    return pa.table(columns, schema=tables.predictions_schema(task.schema))


def _key_columns(keys: Sequence[FrameKey], point: OperatingPoint) -> dict[str, list]:
    count = len(keys)
    return {
        "dataset": [key.dataset for key in keys],
        "item": [key.item for key in keys],
        "frame": [key.frame for key in keys],
        "codec": [point.codec] * count,
        "quality": [point.quality] * count,
        "options": [point.options_text] * count,
    }
