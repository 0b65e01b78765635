"""Arrays out of HDF5 files, whose headers may claim more numbers than the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ahc_stream.core.errors import MissingExtra

MOST_EXPANSION = 64
"""How many times a file's own bytes its arrays may take: HDF5 may compress, but trained weights hardly shrink."""


class Hdf5File:
    """An open file. `root` is h5py's group of everything in it, with its attributes."""

    def __init__(self, root: Any, size: int) -> None:
        self.root = root
        self._budget = MOST_EXPANSION * size

    def float32(self, dataset: Any) -> NDArray[np.float32]:
        """The numbers of one of its datasets. Raises ValueError for one that lies in other files, or that together with
        those before it claims more numbers than the file can hold."""
        if dataset.file.filename != self.root.file.filename or dataset.external or dataset.is_virtual:
            raise ValueError(f"{dataset.name}, whose numbers lie in another file")
        self._budget -= dataset.size * np.float32().itemsize
        if self._budget < 0:
            raise ValueError(f"{dataset.name}, which claims more numbers than the file holds: {list(dataset.shape)}")
        return np.asarray(dataset, np.float32)


@contextmanager
def opened(path: Path, extra: str) -> Iterator[Hdf5File]:
    """The file, open for reading. Raises OSError for a file that is none, and MissingExtra, naming our `extra`, without
    h5py."""
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise MissingExtra.of("h5py", extra) from error
    with h5py.File(path) as file:
        yield Hdf5File(file, path.stat().st_size)
