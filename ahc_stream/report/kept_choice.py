"""What `choose` decided, kept beside the page, so that every later page of the run shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ahc_stream.core.errors import StorageError
from ahc_stream.core.json_text import json_text
from ahc_stream.store.atomic import write_bytes
from ahc_stream.store.folders import Folder

FILE = "report/choice.json"


def keep_choice(folder: Path, decision: Mapping[str, Any]) -> None:
    """Writes the latest decision under the run's folder. Raises StorageError."""
    write_bytes(folder / FILE, json_text(decision).encode(), durable=False)


def kept_choice(folder: Folder) -> Mapping[str, Any] | None:
    """The latest decision; None where none was made. Raises StorageError where the file is damaged."""
    try:
        decision: Mapping[str, Any] = json.loads((folder / FILE).read_bytes())
        return decision
    except FileNotFoundError:
        return None
    except ValueError as error:
        todo = "delete the file, or start `ahc-stream choose` again: it measures nothing twice"
        raise StorageError(f"a decision in {folder / FILE}", str(error), todo) from error
