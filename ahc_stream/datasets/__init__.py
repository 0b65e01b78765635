"""Datasets by name or by path: what they hold, whether they are here, how they come here.

`table` lists those with a name, `own` reads what lies at a path: labelled data of the usual kinds, or plain media.
"""

from __future__ import annotations

from pathlib import Path

from ahc_stream import store
from ahc_stream.core.errors import MediaError, MissingData, UnknownName
from ahc_stream.core.plugins import plugins
from ahc_stream.core.wording import abridged
from ahc_stream.datasets import files, plugged
from ahc_stream.datasets.class_map import with_classes
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.folder import FOLDER_ASSUMES, dataset_name, open_folder
from ahc_stream.datasets.own import OWN_ASSUMES, open_own
from ahc_stream.datasets.read_options import FLAGS, NOTHING_TOLD, RAW_FLAGS, ReadOptions
from ahc_stream.datasets.table import BUILT_IN, DATASETS, DatasetEntry, hashes
from ahc_stream.store import Finding, Progress

__all__ = [
    "DATASETS",
    "FOLDER_ASSUMES",
    "OWN_ASSUMES",
    "Dataset",
    "DatasetEntry",
    "ReadOptions",
    "check",
    "dataset_name",
    "download",
    "entry",
    "load",
    "path",
    "placed",
]

NAMED_FILES = 5  # how many missing files a message lists


def load(
    source: str | Path | Dataset, root: Path | None = None, clean: bool = True, reading: ReadOptions = NOTHING_TOLD
) -> Dataset:
    """The dataset of a name of `DATASETS`, read from `root` where one is given, or the data at a path, or itself.

    What kind of data a path leads to, `own.KINDS` says. "film.mkv#1" is the stream 1 of a video that has several.

    clean:    without images whose copies would spoil a score, where a dataset is known to have such ("isic").
    reading:  how data at a path is to be read, where it does not say so itself; of any data the map of class names.

    What is made here rather than downloaded ("sample") is made now. Raises UnknownName, InvalidValue, MissingData,
    MediaError.
    """
    dataset = source if isinstance(source, Dataset) else _load(str(source), root, clean, reading)
    if not any(item.raw for item in dataset.items):
        reading.refuse(RAW_FLAGS, f"{dataset.name}, which has no raw video (.yuv)")
    return dataset if reading.classes is None else with_classes(dataset, reading.classes)


def placed(name: str, path: Path) -> str:
    """What `load` takes for a name or a path that a file holds; no code of a package is loaded.

    path:  where `name` leads to, seen from that file. Raises UnknownName for what is no name, and no path either.
    """
    if name in DATASETS or name in plugins("datasets", BUILT_IN):
        return name
    is_there = files.existing(str(path)) is not None or _stream_of(str(path))[0] is not None
    if not is_there and "/" not in name and "\\" not in name:
        raise _neither_name_nor_path(name)
    return str(path)


def _load(name: str, root: Path | None, clean: bool, reading: ReadOptions) -> Dataset:
    plugged.enter(name)
    if name in DATASETS:
        reading.refuse(FLAGS, f"{name}, which is known by its name")
        return _load_named(name, root, clean)
    path = files.existing(name)
    if path is not None:
        return open_own(path, reading)
    reading.refuse(FLAGS, name)
    film, stream = _stream_of(name)
    if film is not None:
        return open_folder(film, stream)
    raise _neither_name_nor_path(name)


def _stream_of(name: str) -> tuple[Path | None, int]:
    """The video and the number of its stream that "film.mkv#1" means; no video where it means none."""
    path, _, number = name.rpartition("#")
    is_stream = number.isascii() and number.isdecimal()
    return (files.existing(path), int(number)) if path and is_stream else (None, 0)


def _load_named(name: str, root: Path | None, clean: bool) -> Dataset:
    row = DATASETS[name]
    if root is None and row.make is not None:
        folder = download(name)
    else:
        folder = path(name) if root is None else _complete(name, files.absolute(root))
    read = row.open if clean or row.unclean is None else row.unclean
    items, labels = read(folder, name)
    return Dataset(name, items, labels, row.licence, row.tasks, tuple(row.notes(folder)))


def _neither_name_nor_path(name: str) -> UnknownName | MissingData:
    if "/" in name or "\\" in name:
        return MissingData("a folder or file", f"nothing at {name}", f"check it, or take one of {', '.join(DATASETS)}")
    return UnknownName.among("dataset (or path of a folder or file)", name, DATASETS)


def entry(name: str) -> DatasetEntry:
    """The row of the table. Raises UnknownName."""
    plugged.enter(name)
    if name not in DATASETS:
        raise UnknownName.among("dataset", name, DATASETS)
    return DATASETS[name]


def path(name: str) -> Path:
    """The dataset's folder under the first root that holds all of it. Raises UnknownName and MissingData."""
    folder = _whole(name)
    if folder is None:
        roots = ", ".join(map(str, store.roots()))
        raise _missing(name, f"{_relative(name)} under {roots}", "; ".join(_lacking(name)))
    return folder


def check(name: str) -> list[Finding]:
    """What `data check` says: what is missing and where, and which files are others than the table's; empty: nothing.
    Reads every file that the table knows the hash of. Raises UnknownName."""
    try:
        return _findings(name)
    except (MediaError, MissingData) as error:  # a damaged table of the dataset is what `check` is to find
        return [Finding(f"{name}: {error}")]


def _findings(name: str) -> list[Finding]:
    folder = _whole(name)
    if folder is None and entry(name).make is not None:
        return [Finding(f"{name}: not made yet; the first run makes it", is_fault=False)]
    if folder is None:
        return [Finding(f"{name}: {text}; {_advice(name)}") for text in _lacking(name)]
    notes = [Finding(f"{name}: {text}", is_fault=False) for text in entry(name).notes(folder)]
    digests = hashes(entry(name).sources, folder)
    others = [file for file, sha256 in digests.items() if not _has_digest(file, sha256)]
    differ = "is another file than the table's, by its SHA-256"
    return [*notes, *(Finding(f"{name}: {file} {differ}", is_fault=False) for file in others)]


def download(name: str, progress: Progress | None = None) -> Path:
    """The dataset's folder, fetched or made in `store.home()` where no root holds all of it; files that are there
    stay. Raises UnknownName, MissingData (no source to fetch it from), DownloadError, StorageError."""
    row, whole = entry(name), _whole(name)
    if whole is not None:
        return whole
    folder = store.home() / _relative(name)
    if row.make is not None:
        row.make(folder)
        return folder
    if not row.sources:
        raise _missing(name, "a source to download it from", "none, its owner asks you to fetch it")
    for relative, source in row.sources.items():
        store.fetch(source, folder / relative, progress)
    return folder


def _relative(name: str) -> str:
    """Where a dataset lies below a root."""
    return f"datasets/{entry(name).folder}"


def _whole(name: str) -> Path | None:
    row = entry(name)
    folders = [root / _relative(name) for root in store.roots()]
    return next((folder for folder in folders if folder.is_dir() and not row.lacks(folder)), None)


def _lacking(name: str) -> list[str]:
    """For each root that holds a part, what that part lacks; where none does, that."""
    folders = [root / _relative(name) for root in store.roots()]
    parts = [_abridged(folder, entry(name).lacks(folder)) for folder in folders if folder.is_dir()]
    return parts or [store.searched(_relative(name))]


def _abridged(folder: Path, lacks: list[str]) -> str:
    return f"{folder} lacks {abridged(lacks, NAMED_FILES)}"


def _complete(name: str, root: Path) -> Path:
    lacks = entry(name).lacks(root)
    if lacks:
        raise _missing(name, f"the dataset {name} in {root}", _abridged(root, lacks))
    return root


def _missing(name: str, expected: str, got: str) -> MissingData:
    return MissingData(expected, got, _advice(name))


def _advice(name: str) -> str:
    row = entry(name)
    return f"{row.where} to {store.home() / _relative(name)}" if row.where else f"run: ahc-stream data download {name}"


def _has_digest(file: Path, sha256: str | None) -> bool:
    return sha256 is None or store.sha256_of(file).startswith(sha256)
