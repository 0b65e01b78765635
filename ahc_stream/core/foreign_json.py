"""JSON files that other programs wrote."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ahc_stream.core.errors import MediaError
from ahc_stream.core.foreign_text import read_text


def read_json(path: Path, todo: str) -> Mapping[str, object]:
    """The object that a JSON file holds. Raises MissingData, and MediaError, whose advice is `todo`."""
    try:
        content = json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise MediaError(f"JSON in {path}", str(error), todo) from error
    if not isinstance(content, dict):
        raise MediaError(f"a JSON object in {path}", type(content).__name__, todo)
    return content
