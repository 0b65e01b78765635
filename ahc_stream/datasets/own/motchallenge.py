"""A MOTChallenge tree of one's own: see `datasets.mot`."""

from __future__ import annotations

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.wording import counted
from ahc_stream.datasets import mot
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.folder import dataset_name
from ahc_stream.datasets.own.place import Place


def find_mot(place: Place) -> str | None:
    """Folders with a seqinfo.ini."""
    root = place.path / (place.reading.split or "")
    sequences = mot.sequence_folders(root) if root.is_dir() else []
    return f"{counted(len(sequences), 'sequence')} with a seqinfo.ini" if sequences else None


def open_mot(place: Place) -> Dataset:
    """The sequences and, where they have a gt.txt, their boxes. Raises MissingData, MediaError and InvalidValue."""
    root, dataset = place.path / (place.reading.split or ""), dataset_name(place.path)
    if not root.is_dir():
        raise InvalidValue("a folder of the tree as split", repr(place.reading.split), f"look into {place.path}")
    items, labels = mot.open_tree(root, dataset)
    return Dataset(dataset, items, labels, notes=tuple(mot.notes(root)))
