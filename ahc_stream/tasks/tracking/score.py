"""HOTA, CLEAR MOT and identity scores of tracks through stored boxes, computed by TrackEval's own metric classes.

Definitions: J. Luiten et al., "HOTA", 2021; K. Bernardin and R. Stiefelhagen, "CLEAR MOT", 2008; E. Ristani et al.,
"Performance Measures and a Data Set for Multi-Target, Multi-Camera Tracking", 2016 (IDF1). A tracker (`tracker`) runs
through the boxes of each class that labels have, in each item by itself; `tracking.match` prepares them as for MOT17.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.labels import BOXES, KEY
from ahc_stream.tasks import units
from ahc_stream.tasks.score_entry import Score, share
from ahc_stream.tasks.tracking.match import evaluated
from ahc_stream.tasks.tracking.tracker import Numbers, Tracks, track

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

TRACKS = pa.schema(
    [
        *KEY,
        ("track_id", pa.int64()),  # one object over time, of one class
        ("class_name", pa.string()),
        *((name, pa.float64()) for name in ("x1", "y1", "x2", "y2")),  # pixels; x2 and y2 are exclusive
    ]
)
"""A box of a track that was made elsewhere."""

COMBINED = ("HOTA", "DetA", "AssA", "LocA", "MOTA", "MOTP", "IDF1", "IDSW", "Frag")
PER_SEQUENCE = ("HOTA", "DetA", "AssA", "MOTA", "IDF1", "IDSW")
SEQUENCE = ["dataset", "item"]
CORNERS = ("x1", "y1", "x2", "y2")

SCORES: tuple[Score, ...] = (
    share("HOTA", headline=True),
    share("MOTA", headline=True),
    share("IDF1", headline=True),
    Score("IDSW", headline=True, higher_is_better=False, decimals=0, is_share=False),
    share("DetA"),
    share("AssA"),
    share("LocA"),
    share("MOTP"),
    Score("Frag", higher_is_better=False, decimals=0, is_share=False),
    share("HOTA_", "HOTA {}", one_per="sequence"),
    share("DetA_", "DetA {}", one_per="sequence"),
    share("AssA_", "AssA {}", one_per="sequence"),
    share("MOTA_", "MOTA {}", one_per="sequence"),
    share("IDF1_", "IDF1 {}", one_per="sequence"),
    Score("IDSW_", "IDSW {}", one_per="sequence", higher_is_better=False, decimals=0, is_share=False),
)
Row = Mapping[str, Any]
Values = NDArray[np.float64]


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table, **options: str) -> pa.Table:
    """TALLY: what TrackEval sums over sequences. `options` are the task's own; other arguments are those of
    `scoring.Scorer`.

    Labels that nothing tracks (track_id below 0) are no tracks to find. Without any: no rows. Raises MissingExtra.
    """
    return _tally(predictions, labels, frames, lambda found: _track(found, options))


def tally_of_tracks(tracks: pa.Table, labels: pa.Table, frames: pa.Table) -> pa.Table:
    """TALLY of TRACKS as they are: no tracker runs. Other arguments, and labels that count, as `tally` has them."""
    return _tally(tracks, labels, frames, _as_they_are)


def _tally(found: pa.Table, labels: pa.Table, frames: pa.Table, tracks_of: Callable[[pa.Table], Tracks]) -> pa.Table:
    """tracks_of: the rows of `found` of one class in one item, in the order of frames -> its tracks."""
    is_track = pc.or_(labels["ignore"], pc.greater_equal(labels["track_id"], 0))
    is_evaluated = pa.array(units.places(labels, frames) >= 0)
    labels = labels.filter(pc.and_(is_track, is_evaluated))
    classes = sorted(set(labels.filter(pc.invert(labels["ignore"]))["class_name"].to_pylist()))
    rows = []
    for key in _sequences(frames) if classes else []:
        numbers = _frame_numbers(frames, key)
        for name in classes:
            tracks, truth = tracks_of(_of_class(found, key, name)), _of_class(labels, key, name)
            rows.append({**key, "frame": 0, "class_name": name, **_fields(tracks, truth, numbers)})
    return pa.Table.from_pylist(rows, TALLY)


def _sequences(frames: pa.Table) -> list[Row]:
    """SEQUENCE of each item, in order."""
    keys: list[Row] = frames.select(SEQUENCE).group_by(SEQUENCE).aggregate([]).to_pylist()
    return sorted(keys, key=lambda key: (key["dataset"], key["item"]))


def scores(tally: pa.Table) -> Callable[[Values | None], dict[str, float]]:
    """COMBINED over all sequences, as TrackEval's COMBINED_SEQ has them, then PER_SEQUENCE as `<score>_<item>`.

    HOTA, DetA, AssA and LocA are means over the overlaps 0.05 to 0.95. IDSW and Frag are counts; the rest is at most 1.
    A sequence of weight 2 counts as two such sequences; of one of weight 0 the own scores are NaN.
    """
    if not tally.num_rows:
        return lambda weights: {}
    rows, sequence_of_row = tally.to_pylist(), units.numbers(tally)
    items = units.of(tally)["item"].to_pylist()
    per_sequence = _per_sequence(tally)

    def values(weights: Values | None) -> dict[str, float]:
        of_sequence = np.ones(len(items)) if weights is None else np.asarray(weights, np.float64)
        of_row = of_sequence[sequence_of_row]
        drawn = [_weighted(row, weight) for row, weight in zip(rows, of_row, strict=True) if weight]
        combined = _combined(drawn) if drawn else dict.fromkeys(COMBINED, float("nan"))
        named = {name: combined[name] for name in COMBINED}
        for item, own, weight in zip(items, per_sequence, of_sequence, strict=True):
            named |= {f"{name}_{item}": own[name] if weight else float("nan") for name in PER_SEQUENCE}
        return named

    return values


def outcomes(tally: pa.Table) -> pa.Table:
    """Per sequence: HOTA, MOTA and IDF1."""
    sequences, values = units.of(tally), _per_sequence(tally)
    for name in ("HOTA", "MOTA", "IDF1"):
        column = [of_sequence[name] for of_sequence in values]
        sequences = sequences.append_column(name, pa.array(column, pa.float64()))
    return sequences


def _per_sequence(tally: pa.Table) -> list[dict[str, float]]:
    """All scores of each sequence by itself, its classes together."""
    rows: list[list[Row]] = [[] for _ in range(units.of(tally).num_rows)]
    for row, sequence in zip(tally.to_pylist(), units.numbers(tally), strict=True):
        rows[sequence].append(row)
    return [_combined(of_sequence) for of_sequence in rows]


def as_labels(predictions: pa.Table, **options: str) -> pa.Table:
    """BOXES: the tracks that the task, with its `options`, makes of the original's boxes; of every class, none to
    ignore."""
    key_names = [*SEQUENCE, "class_name"]
    keys = predictions.select(key_names).group_by(key_names).aggregate([]).to_pylist()
    tables, used = [BOXES.empty_table()], Counter[tuple[str, str]]()
    for key in sorted(keys, key=lambda key: tuple(key.values())):
        sequence = key["dataset"], key["item"]
        tracks = _track(_of_class(predictions, key, key["class_name"]), options)
        tables.append(_labels(key, tracks, used[sequence]))
        used[sequence] += int(tracks.track_id.max(initial=0))
    return pa.concat_tables(tables)


def _labels(key: Row, tracks: Tracks, first: int) -> pa.Table:
    """BOXES of one class in one item; numbers of tracks start behind `first`."""
    count = len(tracks.frame)
    sides = tracks.box[:, 2:] - tracks.box[:, :2]
    columns: dict[str, Any] = {name: [value] * count for name, value in key.items()}
    columns |= {"frame": tracks.frame.astype(np.int32), "track_id": (tracks.track_id + first).astype(np.int32)}
    columns |= dict(zip(CORNERS, tracks.box.T, strict=True))
    columns |= {"area": sides.prod(axis=1), "ignore": np.zeros(count, bool)}
    return pa.table({name: columns[name] for name in BOXES.names}, schema=BOXES)


def _of_class(table: pa.Table, key: Row, name: str) -> pa.Table:
    """The rows of one class in one item, in the order of frames."""
    for column, value in {"dataset": key["dataset"], "item": key["item"], "class_name": name}.items():
        table = table.filter(pc.equal(table[column], value))
    return table.take(np.argsort(table["frame"].to_numpy(), kind="stable"))


def _frame_numbers(frames: pa.Table, key: Row) -> Numbers:
    """The numbers of the evaluated frames of one item, in order."""
    is_here = pc.and_(pc.equal(frames["dataset"], key["dataset"]), pc.equal(frames["item"], key["item"]))
    numbers: Numbers = np.unique(frames["frame"].filter(is_here).to_numpy())
    return numbers


def _corners(table: pa.Table) -> Values:
    return np.stack([table[name].to_numpy() for name in CORNERS], axis=1)


def _track(found: pa.Table, options: Mapping[str, str]) -> Tracks:
    return track(found["frame"].to_numpy(), _corners(found), found["score"].to_numpy(), options)


def _as_they_are(rows: pa.Table) -> Tracks:
    return Tracks(rows["frame"].to_numpy(), rows["track_id"].to_numpy().astype(np.int64), _corners(rows))


def _fields(tracks: Tracks, truth: pa.Table, numbers: Numbers) -> dict[str, Any]:
    """TrackEval's fields of one class in one item."""
    data = evaluated(_as_they_are(truth), truth["ignore"].to_numpy(), tracks, numbers)
    fields: dict[str, Any] = {}
    for metric in _metrics():
        fields |= metric.eval_sequence(data)
    return {name: fields[name] for name in TALLY.names if name in fields}


def _combined(rows: Sequence[Row]) -> dict[str, float]:
    """All that TrackEval says of several sequences together; what has a value per overlap as the mean over them."""
    numbered = {n: {name: np.asarray(value) for name, value in row.items()} for n, row in enumerate(rows)}
    fields: dict[str, Any] = {}
    for metric in _metrics():
        fields |= metric.combine_sequences(numbered)
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
