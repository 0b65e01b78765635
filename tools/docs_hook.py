"""What mkdocs does to a page before it is built: links to files outside of docs/ are their paths instead.

In the repository such a link leads to the source; the site holds the pages alone.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)#:\s]+)(?:#[^)\s]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Called by mkdocs for each page."""
    return without_outer_links(markdown, PurePosixPath("docs") / page.file.src_uri)


def without_outer_links(markdown: str, page: PurePosixPath) -> str:
    """page: its path from the root of the repository."""

    def replaced(link: re.Match[str]) -> str:
        target = _resolved(page.parent / link["target"])
        if target.parts[:1] == ("docs",):
            return link[0]
        text = link["text"]
        return f"`{target}`" if text.strip("`") == target.name else f"{text} (`{target}`)"

    return LINK.sub(replaced, markdown)


def _resolved(path: PurePosixPath) -> PurePosixPath:
    """The path without its ".." parts."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return PurePosixPath(*parts)
