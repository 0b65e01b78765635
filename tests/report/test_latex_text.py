"""Text in a table for a paper: every character that LaTeX would read as a command is printed."""

from __future__ import annotations

import pytest

from ahc_stream.report.latex_text import latex_text

PRINTED = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
}  # fmt: skip


@pytest.mark.parametrize("character", PRINTED)
def test_a_special_character_is_printed(character: str) -> None:
    assert latex_text(f"a{character}b") == f"a{PRINTED[character]}b"


def test_what_stands_for_a_character_is_not_replaced_again() -> None:
    assert latex_text(r"\{}^") == r"\textbackslash{}\{\}\textasciicircum{}"
    assert latex_text("jpeg@5 (b=1, [é])") == "jpeg@5 (b=1, [é])"
