"""Datasets that installed packages bring."""

from __future__ import annotations

from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.plugins import plugins
from ahc_stream.datasets.table import BUILT_IN, DATASETS, DatasetEntry


def enter(name: str) -> None:
    """Puts the row of a plug-in of this name, where there is one, into the table. Raises InvalidValue."""
    plugin = plugins("datasets", BUILT_IN).get(name)
    if plugin is None or name in DATASETS:
        return
    row = plugin.load()
    if not isinstance(row, DatasetEntry):
        expected = f"a DatasetEntry as the dataset {name} of {plugin.package}"
        raise InvalidValue(expected, shown(row), "report it to that package")
    DATASETS[name] = row
