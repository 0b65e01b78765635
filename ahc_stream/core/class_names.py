"""Names of classes that datasets label and classifiers say, in the order of a classifier's outputs."""

from __future__ import annotations

from pathlib import Path

from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.foreign_text import read_lines, shown

ISIC = (
    "actinic keratosis",
    "basal cell carcinoma",
    "dermatofibroma",
    "melanoma",
    "nevus",
    "pigmented benign keratosis",
    "seborrheic keratosis",
    "squamous cell carcinoma",
    "vascular lesion",
)
"""The nine folders of the ISIC tree that Kaggle hosts, sorted, as Keras' and torchvision's readers of folders sort."""

HAM10000 = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")
"""P. Tschandl et al., "The HAM10000 dataset", 2018: the seven diagnoses by their abbreviations there, sorted."""


def read_class_names(path: Path, are_numbered: bool = False) -> tuple[str, ...]:
    """The names in a text file, one a line, in any encoding that `foreign_text` reads.

    are_numbered:  leave out a number in front of a name, as UCF101's classInd.txt has it.

    Raises MissingData without the file, InvalidValue for a name that is there twice and for a file without one.
    """
    if not path.is_file():
        raise MissingData("a text file of class names", f"no file {path}", "name a file, one class a line")
    names: dict[str, int] = {}
    for number, text in read_lines(path):
        name = _without_number(text) if are_numbered else text.strip()
        if name in names:
            got = f"{shown(name)} twice, in lines {names[name]} and {number}"
            raise InvalidValue(f"each class once in {path}", got, "give each class a name of its own")
        names[name] = number
    if not names:
        raise InvalidValue(f"class names in {path}", "none", "name a file, one class a line")
    return tuple(names)


def _without_number(text: str) -> str:
    words = text.split()
    return " ".join(words[1:] if words[0].isdecimal() and words[1:] else words)
