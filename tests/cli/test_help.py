"""The help pages as a newcomer reads them: sentences, as they were written, and at once."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from ahc_stream.cli import app, exits

PAGE = Path(__file__).resolve().parents[2] / "docs" / "commands.md"
FIRST_WORDS = re.compile(r"[A-Z]|codecs, datasets, metrics")
"""A sentence begins with a capital, or with the words that the option takes."""


def commands(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group of commands, by the words that call it."""
    command = typer.main.get_command(app) if command is None else command
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands(below, (*words, name))


PAGES = dict(commands())


def shown(words: tuple[str, ...]) -> str:
    result = CliRunner().invoke(app, [*words, "--help"], terminal_width=100)
    assert result.exit_code == 0
    return result.output


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_each_option_is_described_by_sentences(words: tuple[str, ...]) -> None:
    command = PAGES[words]
    assert command.help.rstrip().endswith("."), words
    for option in command.params:
        help_text = option.help or ""
        assert FIRST_WORDS.match(help_text) and help_text.endswith("."), (words, option.name, help_text)


@pytest.mark.parametrize("words", PAGES, ids=" ".join)
def test_pages_are_plain_text(words: tuple[str, ...]) -> None:
    """Rich's markup turned the `:B:` of `--frames A:B:` into an emoji, and would eat `[extra]`."""
    page = shown(words)
    assert page.isascii(), page
    assert not re.search(r"^  [a-z]+ .*\.\.\.$", page, re.MULTILINE), f"a summary is cut off: {page}"


def test_text_in_brackets_and_colons_is_shown_as_it_stands() -> None:
    assert "--frames A:B" in shown(("decode",)) and "A to B - 1" in shown(("decode",))
    assert "jpeg, h264@23,33 or h265@22..37..5:preset=fast" in " ".join(shown(("run",)).split())


def test_the_table_of_exit_codes_is_in_the_help_and_on_the_page_of_commands() -> None:
    help_page, page = shown(()), PAGE.read_text()
    for code, meaning in exits.MEANINGS.items():
        assert f"{code:4}  {meaning}" in help_page
        assert f"| {code:d} | {meaning} |" in page
    assert len(re.findall(r"^\| \d+ \| ", page, re.MULTILINE)) == len(exits.MEANINGS)


def test_help_loads_neither_torch_nor_anything_heavy() -> None:
    code = "import sys, ahc_stream.cli; print([m for m in ('torch', 'numpy', 'pyarrow', 'rich') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
