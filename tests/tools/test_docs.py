"""The site of the pages: links that leave docs/ become paths, and each page has its place."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

from tests.tools.loading import load_tool

ROOT = Path(__file__).resolve().parents[2]
docs_hook = load_tool("docs_hook")


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        ("docs/release.md", "[THIRD_PARTY.md](../THIRD_PARTY.md)", "`THIRD_PARTY.md`"),
        ("docs/recipes/task.md", "[a task](../../examples/own_task.py)", "a task (`examples/own_task.py`)"),
        ("docs/gpu/device.md", "[container](../container.md)", "[container](../container.md)"),
        ("docs/index.md", "![The line](line.svg), [why](log.md#tried)", "![The line](line.svg), [why](log.md#tried)"),
        ("docs/index.md", "[a site](https://example.org/x)", "[a site](https://example.org/x)"),
    ],
)
def test_a_link_that_leaves_the_pages_becomes_its_path(page: str, before: str, after: str):
    assert docs_hook.without_outer_links(before, PurePosixPath(page)) == after


def test_every_page_has_its_place_in_the_navigation():
    pages = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    listed = list(leaves(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))

    assert sorted(listed) == sorted(pages)


def leaves(part: Any) -> list[str]:
    """The pages of a part of the navigation."""
    if isinstance(part, str):
        return [part]
    parts = part.values() if isinstance(part, dict) else part
    return [page for inner in parts for page in leaves(inner)]


def test_every_object_of_the_library_page_can_be_imported():
    lines = (ROOT / "docs" / "api.md").read_text().splitlines()
    names = [line.removeprefix("::: ") for line in lines if line.startswith("::: ")]

    assert len(names) > 10
    for name in names:
        module, _, attribute = name.rpartition(".")
        assert hasattr(__import__(module, fromlist=[attribute]), attribute), name
