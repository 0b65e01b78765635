"""The pages under docs/recipes: their blocks of code, for tests that follow them."""

from __future__ import annotations

import re
from pathlib import Path

RECIPES = Path(__file__).parent.parent / "docs" / "recipes"


def blocks(page: str) -> list[str]:
    """The Python of a page, block by block."""
    return re.findall(r"```python\n(.*?)```", (RECIPES / page).read_text(), re.DOTALL)


def block(page: str, beginning: str) -> str:
    """The block that begins so."""
    (found,) = (text for text in blocks(page) if text.startswith(beginning))
    return found
