"""The commands and the Python of the README and of all pages, run as they are printed, on small stand-ins."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.conftest import real
from tests.pictures import picture
from tests.printed.blocks import ROOT, Block, all_blocks, blocks_of
from tests.printed.stand_ins import environment, make_stand_ins, run_shell
from tests.tools.loading import load_tool

BLOCKS = all_blocks()
HERE = list({block.text: block for block in BLOCKS if not block.not_run and not block.run_by}.values())
"""What is run here; a block that two pages print, once."""
SHELL = [block for block in HERE if block.language == "sh"]
PYTHON = [block for block in HERE if block.language == "python"]
NEEDS_WEIGHTS = "yolov5n"
OPENED = re.compile(r'runs\.open\("(runs/\w+)"\)')
"""A run that a block reads, and that another page has made."""
LONGEST_README = 150
"""Lines: the rest is for the pages."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_stand_ins(tmp_path_factory.mktemp("printed"))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("block", SHELL, ids=lambda block: block.name)
def test_a_block_of_shell_runs_as_printed(block: Block, folder: Path) -> None:
    if NEEDS_WEIGHTS in block.text or "run mot17" in block.text:
        real(f"weights/{NEEDS_WEIGHTS}.pt")
    run_shell(block.text, folder)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("block", PYTHON, ids=lambda block: block.name)
def test_a_block_of_python_runs_as_printed(block: Block, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for out in OPENED.findall(block.text):
        if not (folder / out).exists():
            run_shell(f"ahc-stream run kodak --codec jpeg@30,60 --out {out}\n", folder)
    monkeypatch.chdir(folder)
    for name, value in environment(folder).items():
        monkeypatch.setenv(name, value)
    names = load_tool("wheel_use").names_for_readme(picture(96, 128))
    exec(compile(block.text, block.page, "exec"), names)


def test_there_are_blocks_of_many_pages() -> None:
    assert len(SHELL) >= 8 and len(PYTHON) >= 3
    assert {"README.md", "docs/quickstart.md", "docs/commands.md"} <= {block.page for block in HERE}


def test_the_readme_fits_on_three_screens() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= LONGEST_README


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.run_by], ids=lambda block: block.name)
def test_a_block_that_is_run_elsewhere_is_read_from_its_page_there(block: Block) -> None:
    """The test names the page, so that it cannot run something else."""
    assert Path(block.page).name in (ROOT / block.run_by).read_text()


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.not_run], ids=lambda block: block.name)
def test_a_block_that_is_not_run_says_why(block: Block) -> None:
    assert len(block.not_run.split()) >= 3 and not block.run_by


def test_a_mark_is_of_the_block_behind_it_or_of_the_page() -> None:
    page = (
        "<!-- not run: needs a GPU -->\n\n```sh\na\n```\n\n```sh\nb\n```\n```text\nx\n```\n"
        "<!-- run by: tests/t.py -->\n```python\nc\n```\n"
    )

    marks = [(block.text, block.not_run, block.run_by) for block in blocks_of("p.md", page)]
    of_all = [block.run_by for block in blocks_of("p.md", f"<!-- page run by: tests/all.py -->\n{page}")]

    assert marks == [("a\n", "needs a GPU", ""), ("b\n", "", ""), ("c\n", "", "tests/t.py")]
    assert of_all == ["", "tests/all.py", "tests/t.py"]
