"""What the pictures of data of one's own are called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ahc_stream.datasets.items import item_names


def names_below(root: Path, paths: Sequence[Path]) -> list[str]:
    """By `items.item_names`, from the paths below `root`; where one is not below it, from the folder that all share."""
    if not all(path.is_relative_to(root) for path in paths):
        root = Path(os.path.commonpath([path.parent for path in paths]))
    return item_names([path.relative_to(root) for path in paths])
