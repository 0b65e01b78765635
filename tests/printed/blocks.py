"""The code that pages print, block by block, and what each page says of who runs it.

A block of `sh` or `python` is run as printed, by `test_blocks.py`. Where that cannot be, a comment that readers do not
see stands right in front of it, or, with the word "page", once for all blocks of a page that have none of their own:

    <!-- not run: it needs a GPU -->
    <!-- page run by: tests/datasets/test_own_dataset.py -->
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")])
MARK = re.compile(r"<!-- (?P<page>page )?(?P<kind>not run|run by): (?P<text>[^\n]*?) -->")
FENCE = re.compile(
    r"(?P<mark><!-- [^\n]*? -->\n+)?^```(?P<language>sh|python)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)


@dataclass(frozen=True)
class Block:
    """One block of a page.

    page:    from the root of the repository.
    not_run: why no test runs it, or "".
    run_by:  the test that runs it elsewhere, from the root, or "".
    """

    page: str
    language: str
    text: str
    not_run: str = ""
    run_by: str = ""

    @property
    def name(self) -> str:
        """The page, and the first words of what the block runs."""
        lines = [line for line in self.text.splitlines() if line.startswith(("ahc-stream", "import", "from"))]
        return f"{self.page}: {' '.join((lines or [self.text])[0].split()[:3])}"


def blocks_of(page: str, text: str) -> list[Block]:
    """The blocks of a page's text, in order."""
    for_all = _marks(text, of_the_page=True)
    blocks = []
    for fence in FENCE.finditer(text):
        marks = _marks(fence["mark"] or "", of_the_page=False) or for_all
        blocks.append(Block(page, fence["language"], fence["text"], marks.get("not run", ""), marks.get("run by", "")))
    return blocks


def _marks(text: str, of_the_page: bool) -> dict[str, str]:
    """Kind -> words, of the marks of this scope."""
    return {mark["kind"]: mark["text"] for mark in MARK.finditer(text) if bool(mark["page"]) == of_the_page}


def all_blocks() -> list[Block]:
    """Of the README, the other pages at the root, those of the site and those beside the examples."""
    return [block for page in PAGES for block in blocks_of(str(page.relative_to(ROOT)), page.read_text())]
