"""A map of class names: what labels call a class -> what the model calls it, as a YAML file of LABEL: MODEL.

pedestrian: person
lorry: truck
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ahc_stream.core.errors import InvalidValue, MediaError
from ahc_stream.core.wording import abridged
from ahc_stream.datasets.dataset import Dataset
from ahc_stream.datasets.yaml_text import as_text, read_yaml

CLASS = "class_name"
WHAT = "a map of classes, LABEL: MODEL"
NAMED = 3
"""Names that a message shows."""


def with_classes(dataset: Dataset, path: Path) -> Dataset:
    """The dataset with the labels' classes called as the file says; those that it does not name keep their names.

    A note tells of names that no label has. Raises MissingData and MediaError for the file, and InvalidValue where no
    label has any of its names.
    """
    new_names = read_class_map(path)
    tables = {task: table for task, table in dataset.labels.items() if CLASS in table.column_names}
    known = {name for table in tables.values() for name in pc.unique(table[CLASS]).to_pylist()}
    unused = [name for name in new_names if name not in known]
    if len(unused) == len(new_names):
        got = f"labels of {abridged(sorted(known), NAMED) or 'no class'} in {dataset.name}"
        expected = f"in {path} a class of the labels, unlike {abridged(unused, NAMED)}"
        raise InvalidValue(expected, got, "write LABEL: MODEL, a line for each class")
    renamed = {task: _renamed(table, new_names) for task, table in tables.items()}
    notes = [f"{path.name} names classes that no label has: {abridged(unused, NAMED)}"] if unused else []
    return replace(dataset, labels={**dataset.labels, **renamed}).noting(*notes)


def read_class_map(path: Path) -> Mapping[str, str]:
    """Label name -> model name. Raises MissingData, and MediaError for a file that is no such map."""
    content = read_yaml(path, WHAT)
    if not content:
        raise MediaError(f"{WHAT}, in {path}", "none", "write a line for each class that is called differently")
    expected = f"names of classes in {path}"  # numbers too: labels without names are called by theirs
    return {as_text(label, expected): as_text(model, expected) for label, model in content.items()}


def _renamed(table: pa.Table, new_names: Mapping[str, str]) -> pa.Table:
    """The same rows with other names of classes."""
    names = [new_names.get(name, name) for name in table[CLASS].to_pylist()]
    return table.set_column(table.schema.get_field_index(CLASS), table.schema.field(CLASS), [names])
