"""Text that LaTeX shows as it is."""

from __future__ import annotations

from ahc_stream.core.file_names import readable

COMMANDS = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
}
"""Characters that a backslash before them would make something else of, or that older fonts lack."""
SPECIAL = str.maketrans(COMMANDS | {character: "\\" + character for character in "&%$#_{}"})


def latex_text(text: str) -> str:
    """`text` on one line, with every special character of LaTeX written so that it is printed."""
    return readable(text).translate(SPECIAL)
