"""The page: one HTML file with its style, its script and its data inside, which asks the network for nothing."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from ahc_stream.core.file_names import readable
from ahc_stream.store.atomic import write_bytes
from ahc_stream.store.folders import Folder

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""The browser itself holds the page to it: no request leaves it."""

SCRIPTS = (
    "elements.js",
    "units.js",
    "marks.js",
    "chart.js",
    "forest.js",
    "decision.js",
    "chosen.js",
    "glance.js",
    "curves.js",
    "deltas.js",
    "speeds.js",
    "changes.js",
    "pictures.js",
    "viewer.js",
    "facts.js",
    "compared.js",
    "start.js",
)


def write_page(data: Mapping[str, Any], path: Folder) -> Folder:
    """Writes the page of `data` (see `contents`) to `path`. Raises StorageError."""
    write_bytes(path, page(data).encode(), durable=False)
    return path


def page(data: Mapping[str, Any]) -> str:
    """The page as text. Floats that JSON does not know become null, and control characters are written out."""
    data = plain(data)
    parts = files("ahc_stream.report") / "web"
    script = "\n".join((parts / name).read_text(encoding="utf-8") for name in SCRIPTS)
    inserted = {
        "TITLE": html.escape(data["title"]),
        "POLICY": POLICY,
        "STYLE": (parts / "page.css").read_text(encoding="utf-8"),
        "SCRIPT": script,
        "DATA": _embedded(data),
        "SUMMARY": html.escape(" ".join(text for _, text in data["notes"])),
    }
    text = (parts / "page.html").read_text(encoding="utf-8")
    for name, value in inserted.items():
        text = text.replace(f"<!--{name}-->", value, 1)
    return text


def _embedded(data: Mapping[str, Any]) -> str:
    """JSON that may stand inside a script element: no closing tag, no comment, can begin within it."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def plain(value: Any) -> Any:
    """The same with floats of seven digits, None for those that are not finite, and texts as `readable` has them."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, float):
        return float(f"{value:.7g}") if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {readable(str(key)): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [plain(item) for item in value]
    return value
