"""Texts that another program read, a row image,text for each, against a CSV of the same kind or plates' own labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ahc_stream import tasks
from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.file_names import readable
from ahc_stream.core.labels import KEY, TEXTS
from ahc_stream.datasets.plates import find_labels
from ahc_stream.submissions.answers import ImageAnswer, matched, one_each
from ahc_stream.submissions.csv_table import CsvTable, read_csv
from ahc_stream.submissions.scored_files import ScoredFiles, frames_of, of_images, with_labels
from ahc_stream.tasks.ocr.score import CORNERS, LINES

TEXT = "text"
COMPARED = {"plate": "capital letters and digits alone", "all": "all characters, runs of spaces as one"}
"""Option `lines` of the task -> what of a text is compared."""
UNIT_SQUARE = (0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0)
"""Where a text of which nobody says where it stands is put: it is the only line of its image."""


def score_texts(predictions: Path, truth: Path, lines: str = "plate") -> ScoredFiles:
    """Exact match and character error rate.

    predictions:  a CSV of image,text; an empty text says that nothing was read.
    truth:        a CSV of image,text; or a folder of plates as `datasets.plates` reads it, one text for an image.
    lines:        "plate" compares capital letters and digits alone, "all" texts as they are, as the task's option.
    Raises MissingData, InvalidValue, MissingExtra, and MediaError that names the line.
    """
    spec = tasks.parse(f"ocr:lines={lines}")
    texts = _plates(truth) if truth.is_dir() else one_each(truth, _answers(read_csv(truth, TEXT)))
    read = matched(predictions, _answers(read_csv(predictions, TEXT)), texts)
    columns = dict(zip(CORNERS, ([value] * len(texts) for value in UNIT_SQUARE), strict=True))
    found = of_images(
        texts,
        {"text": list(read.values.values()), "score": [1.0] * len(texts), **columns},
        pa.schema([*KEY, *LINES]),
    )
    labels = of_images(texts, {"text": list(texts.values())}, TEXTS)
    scores = tasks.score(spec, found, labels, frames_of(dict.fromkeys(texts, 1)))
    facts: dict[str, int | str] = {"images": len(texts), "compared": COMPARED[lines]}
    return with_labels(ScoredFiles("ocr", scores, facts, read.notes), truth)


def _answers(table: CsvTable) -> Iterator[ImageAnswer[str]]:
    place = table.place(TEXT)
    return (ImageAnswer(row.line, row.image, row.values[place]) for row in table.rows)


def _plates(root: Path) -> dict[str, str]:
    """Image below the folder -> its text. Raises MissingData, MediaError, and InvalidValue for an image of several."""
    texts: dict[str, str] = {}
    for plate in find_labels(root.absolute()):
        name = readable(plate.path.relative_to(root.absolute()).as_posix())
        if name in texts:
            todo = "cut the plates out, or give each photo one: a row image,text says one text"
            raise InvalidValue(f"one text for each image of {root}", f"several of {name}", todo)
        texts[name] = plate.text
    if not texts:
        raise MissingData(f"labels of plates below {root}", "none", "check the path, or name a CSV of image,text")
    return texts
