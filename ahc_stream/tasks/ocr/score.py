"""Reading from tables: how much of each text was read right. Pure functions, no model and no device.

Definition: the character error rate (CER) is the least number of inserted, deleted and replaced characters between
what was read and what stands there (V. Levenshtein, 1966; computed by rapidfuzz), over the number of characters that
stand there. Of many texts it is the sum of the first over the sum of the second, so a long text counts for more.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ahc_stream.core.errors import MissingExtra
from ahc_stream.core.labels import KEY
from ahc_stream.tasks import units
from ahc_stream.tasks.ocr.lines import number_of_plate
from ahc_stream.tasks.score_entry import Score, share

CORNERS = tuple(f"{axis}{number}" for number in range(1, 5) for axis in "xy")
LINES = pa.schema(
    [
        ("text", pa.string()),
        ("score", pa.float64()),  # mean probability of its characters, 0..1
        # pixels of the frame: top left, top right, bottom right, bottom left
        *((name, pa.float64()) for name in CORNERS),
    ]
)
"""One line of text. The rows of a frame stand in reading order."""

TALLY = pa.schema(
    [
        *KEY,
        ("text", pa.string()),  # what was to be read
        ("read", pa.string()),  # what was read
        ("distance", pa.int64()),  # characters between the two
        ("length", pa.int64()),  # characters to be read
        ("alike", pa.bool_()),  # equal, with O as 0 and I as 1
    ]
)
"""One row per text to be read."""

SCORES: tuple[Score, ...] = (
    share("exact", headline=True),
    share("cer", "CER", headline=True, higher_is_better=False),
    Score("improved", headline=True, decimals=0),
    Score("worsened", headline=True, decimals=0, higher_is_better=False),
    Score("unchanged", headline=True, decimals=0),
    share("exact_alike"),
)

REGION = ("left", "top", "right", "bottom")
"""Columns that labels may have besides TEXTS: where in the frame the text stands, in pixels; null: anywhere."""

Row = Mapping[str, Any]
Key = tuple[Any, ...]
_ALIKE = str.maketrans("OI", "01")  # US plates often print both the same, and so labels disagree about them


def tally(predictions: pa.Table, labels: pa.Table, frames: pa.Table, lines: str = "plate") -> pa.Table:
    """TALLY of the evaluated frames that have a label, in the order of `frames`.

    predictions:  KEY and LINES columns at one operating point.
    labels:       `core.labels.TEXTS`, and optionally REGION columns, which keep lines with their centre there; or what
                  `as_labels` returns, and then each evaluated frame has a label, empty where nothing was read.
    frames:       KEY columns of the evaluated frames.
    lines:        "plate", the number of a licence plate, found by size (`lines.number_of_plate`) and compared in
                  capital letters and digits alone; or "all" lines, joined by spaces.
    """
    rows_read, rows_true = _by_key(predictions), _by_key(labels)
    has_readings = "score" in labels.column_names
    texts: list[tuple[Key, str, str]] = []
    for key in _keys(units.of(frames)):
        read, true = rows_read.get(key, []), rows_true.get(key, [])
        if has_readings:
            pairs = [(reading(true, lines), reading(read, lines))]
        else:
            pairs = [(_bare(label["text"], lines), reading(_inside(read, label), lines)) for label in true]
        texts += [(key, text, text_read) for text, text_read in pairs]
    return _table(texts)


def reading(rows: Sequence[Row], lines: str) -> str:
    """What the lines of one image say, see `tally`."""
    rows = [row for row in rows if _bare(row["text"], lines)]
    if lines == "plate":
        rows = [rows[index] for index in number_of_plate(corners(rows))]
    return ("" if lines == "plate" else " ").join(_bare(row["text"], lines) for row in rows)


def corners(rows: Sequence[Row]) -> NDArray[np.float64]:
    """float64 [K, 4, 2] of LINES."""
    return np.array([[row[name] for name in CORNERS] for row in rows], np.float64).reshape(-1, 4, 2)


def scores(tally: pa.Table) -> Callable[[NDArray[np.float64] | None], dict[str, float]]:
    """exact, the share of texts read without an error; cer, the character error rate, which passes 1 where more is
    read than stands there (NaN where all texts are empty); exact_alike, `exact` with O as 0 and I as 1."""
    if not tally.num_rows:
        return lambda weights: {}
    unit, images = units.numbers(tally), units.of(tally).num_rows
    columns = {name: tally[name].to_numpy().astype(np.float64) for name in ("distance", "length", "alike")}
    columns["right"] = (columns["distance"] == 0).astype(np.float64)

    def of(weights: NDArray[np.float64] | None) -> dict[str, float]:
        of_image = np.ones(images) if weights is None else np.asarray(weights, np.float64)
        weight = of_image[unit]
        sums = {name: weight @ column for name, column in columns.items()}
        return {
            "exact": float(sums["right"] / weight.sum()),
            "cer": float(sums["distance"] / sums["length"]) if sums["length"] else float("nan"),
            "exact_alike": float(sums["alike"] / weight.sum()),
        }

    return of


def outcomes(tally: pa.Table) -> pa.Table:
    """KEY columns, `correct` (1 where every text of the image was read without an error, else 0) and `cer`, where an
    image without characters to read divides by one."""
    unit, keys = units.numbers(tally), units.of(tally)
    distance, length = (np.bincount(unit, tally[name].to_numpy(), keys.num_rows) for name in ("distance", "length"))
    correct, cer = (distance == 0).astype(np.float64), distance / length.clip(1)
    return keys.append_column("correct", pa.array(correct)).append_column("cer", pa.array(cer))


def as_labels(predictions: pa.Table) -> pa.Table:
    """KEY and LINES columns: every line of the original, so that `tally` takes both readings by the same rule."""
    return predictions.select([*units.KEYS, *LINES.names])


def _bare(text: str, lines: str) -> str:
    """The characters that count."""
    return re.sub("[^A-Z0-9]", "", text.upper()) if lines == "plate" else " ".join(text.split())


def _inside(rows: Sequence[Row], label: Row) -> Sequence[Row]:
    """The lines with their centre in the label's region."""
    region = [label.get(name) for name in REGION]
    if None in region:
        return rows
    left, top, right, bottom = region
    centres = corners(rows).mean(1)
    kept = (centres >= [left, top]).all(1) & (centres < [right, bottom]).all(1)
    return [rows[index] for index in np.flatnonzero(kept)]


def _keys(table: pa.Table) -> list[Key]:
    return list(zip(*(table[name].to_pylist() for name in units.KEYS), strict=True))


def _by_key(table: pa.Table) -> dict[Key, list[Row]]:
    rows: dict[Key, list[Row]] = {}
    for key, row in zip(_keys(table), table.to_pylist(), strict=True):
        rows.setdefault(key, []).append(row)
    return rows


def _table(texts: Iterable[tuple[Key, str, str]]) -> pa.Table:
    """TALLY of keys, what was to be read and what was read."""
    try:
        from rapidfuzz.distance import Levenshtein
    except ModuleNotFoundError as error:
        raise MissingExtra.of("rapidfuzz", "ocr") from error
    rows = []
    for key, true, read in texts:
        is_alike = true.translate(_ALIKE) == read.translate(_ALIKE)
        values = (*key, true, read, Levenshtein.distance(true, read), len(true), is_alike)
        rows.append(dict(zip(TALLY.names, values, strict=True)))
    return pa.Table.from_pylist(rows, schema=TALLY)
