"""HOTA, CLEAR MOT and identity scores of tracks through stored boxes, computed by TrackEval's own metric classes.

Definitions: J. Luiten et al., "HOTA", 2021; K. Bernardin and R. Stiefelhagen, "CLEAR MOT", 2008; E. Ristani et al.,
"Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", 2016 (IDF1). A tracker (`tracker`) runs
through the boxes of each class that labels have, in each item by itself; `tracking_match` prepares them as for MOT17.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.labels import BOXES, KEY
from ahc_stream.tasks import units
from ahc_stream.tasks.tracking.match import evaluated
from ahc_stream.tasks.tracking.tracker import Tracks, track

ALPHAS = ("HOTA_TP", "HOTA_FN", "HOTA_FP", "AssA", "AssRe", "AssPr", "LocA")
"""TrackEval's fields that have one value per overlap 0.05, 0.10 ... 0.95."""
COUNTS = (
    *("CLR_TP", "CLR_FN", "CLR_FP", "IDSW", "MT", "PT", "ML", "Frag", "CLR_Frames"),
    *("IDTP", "IDFN", "IDFP"),
)
SUMS = ("HOTA_TP", "HOTA_FN", "HOTA_FP", *COUNTS, "MOTP_sum")
"""What adds up over sequences; the rest are means over true positives."""

TALLY = pa.schema(
    [
        *KEY,
        ("class_name", pa.string()),
        *((name, pa.list_(pa.float64())) for name in ALPHAS),
        *((name, pa.int64()) for name in COUNTS),
        ("MOTP_sum", pa.float64()),
    ]
)
"""One row per item and class, at frame 0; TrackEval's fields by their own names."""

COMBINED = ("HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDF1", "IDSW", "Frag")
PER_SEQUENCE = ("HOTA", "DetA", "AssA", "MOTA", "IDF1", "IDSW")
SEQUENCE = ["dataset", "item"]
Row = Mapping[str, Any]


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table, **options: str) -> pa.Table:
    """TALLY: what TrackEval sums over sequences. `options` are the task's own; other arguments as `table.Scorer` says.

    Labels that nothing tracks (track_id below 0) are no tracks to find. Without any: no rows. Raises MissingExtra.
    """
    tracked = pc.or_(labels["ignore"], pc.greater_equal(labels["track_id"], 0))
    labels = labels.filter(pc.and_(tracked, pa.array(units.places(labels, frames) >= 0)))
    classes = sorted(set(labels.filter(pc.invert(labels["ignore"]))["class_name"].to_pylist()))
    sequences = frames.select(SEQUENCE).group_by(SEQUENCE).aggregate([]).to_pylist() if classes else []
    rows = [
        key
        | {"frame": 0, "class_name": name}
        | _fields(_of(predictions, key, name), _of(labels, key, name), _numbers(frames, key), options)
        for key in sorted(sequences, key=lambda key: (key["dataset"], key["item"]))
        for name in classes
    ]
    return pa.Table.from_pylist(rows, TALLY)


def scores(tally: pa.Table) -> Callable[[np.ndarray | None], dict[str, float]]:
    """COMBINED over all sequences, as TrackEval's COMBINED_SEQ has them, then PER_SEQUENCE as `<score>_<item>`.

    HOTA, DetA, AssA and LocA are means over the overlaps 0.05 to 0.95. IDSW and Frag are counts; the rest is at most 1.
    A sequence of weight 2 counts as two such sequences; of one of weight 0 the own scores are NaN.
    """
    if not tally.num_rows:
        return lambda weights: {}
    rows, unit, sequences = tally.to_pylist(), units.numbers(tally), units.of(tally)["item"].to_pylist()
    per_sequence = [
        _combined([row for row, at in zip(rows, unit, strict=True) if at == n]) for n in range(len(sequences))
    ]

    def values(weights: np.ndarray | None) -> dict[str, float]:
        of_unit = np.ones(len(sequences)) if weights is None else np.asarray(weights, np.float64)
        drawn = [_weighted(row, of_unit[at]) for row, at in zip(rows, unit, strict=True) if of_unit[at]]
        combined = _combined(drawn) if drawn else dict.fromkeys(COMBINED, float("nan"))
        return {name: combined[name] for name in COMBINED} | {
            f"{name}_{item}": own[name] if weight else float("nan")
            for item, own, weight in zip(sequences, per_sequence, of_unit, strict=True)
            for name in PER_SEQUENCE
        }

    return values


def outcomes(tally: pa.Table) -> pa.Table:
    """Per sequence: HOTA, MOTA and IDF1."""
    rows, unit, sequences = tally.to_pylist(), units.numbers(tally), units.of(tally)
    values = [_combined([row for row, at in zip(rows, unit, strict=True) if at == n]) for n in range(len(sequences))]
    for name in ("HOTA", "MOTA", "IDF1"):
        sequences = sequences.append_column(name, pa.array([each[name] for each in values], pa.float64()))
    return sequences


def as_labels(predictions: pa.Table, **options: str) -> pa.Table:
    """BOXES: the tracks that the task, with its `options`, makes of the original's boxes; every class, none to ignore."""
    keys = predictions.select([*SEQUENCE, "class_name"]).group_by([*SEQUENCE, "class_name"]).aggregate([]).to_pylist()
    tables, used = [BOXES.empty_table()], Counter[tuple[str, str]]()
    for key in sorted(keys, key=lambda key: tuple(key.values())):
        tracks = _track(_of(predictions, key, key["class_name"]), options)
        first = used[key["dataset"], key["item"]]
        used[key["dataset"], key["item"]] += int(tracks.track_id.max(initial=0))
        tables.append(_labels(key, tracks, first))
    return pa.concat_tables(tables)


def _labels(key: Row, tracks: Tracks, first: int) -> pa.Table:
    """BOXES of one class in one item; numbers of tracks start behind `first`."""
    count = len(tracks.frame)
    columns = {name: [value] * count for name, value in key.items()}
    columns |= {"frame": tracks.frame.astype(np.int32), "track_id": (tracks.track_id + first).astype(np.int32)}
    columns |= dict(zip(("x1", "y1", "x2", "y2"), tracks.box.T, strict=True))
    sides = tracks.box[:, 2:] - tracks.box[:, :2]
    columns |= {"area": sides.prod(axis=1), "ignore": np.zeros(count, bool)}
    return pa.table({name: columns[name] for name in BOXES.names}, schema=BOXES)


def _of(table: pa.Table, key: Row, name: str) -> pa.Table:
    """The rows of one class in one item, in the order of frames."""
    for column, value in {"dataset": key["dataset"], "item": key["item"], "class_name": name}.items():
        table = table.filter(pc.equal(table[column], value))
    return table.take(np.argsort(table["frame"].to_numpy(), kind="stable"))


def _numbers(frames: pa.Table, key: Row) -> np.ndarray:
    here = pc.and_(pc.equal(frames["dataset"], key["dataset"]), pc.equal(frames["item"], key["item"]))
    return np.unique(frames["frame"].filter(here).to_numpy())


def _corners(table: pa.Table) -> np.ndarray:
    return np.stack([table[name].to_numpy() for name in ("x1", "y1", "x2", "y2")], axis=1)


def _track(found: pa.Table, options: Mapping[str, str]) -> Tracks:
    return track(found["frame"].to_numpy(), _corners(found), found["score"].to_numpy(), options)


def _fields(found: pa.Table, truth: pa.Table, numbers: np.ndarray, options: Mapping[str, str]) -> dict[str, Any]:
    """TrackEval's fields of one class in one item."""
    true = Tracks(truth["frame"].to_numpy(), truth["track_id"].to_numpy().astype(np.int64), _corners(truth))
    data = evaluated(true, truth["ignore"].to_numpy(), _track(found, options), numbers)
    fields = {name: value for metric in _metrics() for name, value in metric.eval_sequence(data).items()}
    return {name: fields[name] for name in TALLY.names if name in fields}


def _combined(rows: Sequence[Row]) -> dict[str, float]:
    """All that TrackEval says of several sequences together; what has a value per overlap as the mean over them."""
    numbered = {n: {name: np.asarray(value) for name, value in row.items()} for n, row in enumerate(rows)}
    fields = {name: value for metric in _metrics() for name, value in metric.combine_sequences(numbered).items()}
    return {name: float(np.mean(value)) for name, value in fields.items()}


def _weighted(row: Row, weight: float) -> dict[str, Any]:
    return {name: np.asarray(value) * weight if name in SUMS else value for name, value in row.items()}


@cache
def _metrics() -> tuple[Any, ...]:
    try:
        from trackeval.metrics import CLEAR, HOTA, Identity
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "tracking") from error
    return HOTA(), CLEAR({"PRINT_CONFIG": False}), Identity({"PRINT_CONFIG": False})
