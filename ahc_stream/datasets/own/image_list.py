"""A list file: a path of an image or a video a line, relative to the list's own folder."""

from __future__ import annotations

import os
from pathlib import Path

from ahc_stream.core.errors import MissingData
from ahc_stream.core.foreign_text import line_error, read_lines, shown
from ahc_stream.datasets.files import is_file
from ahc_stream.datasets.media import SUFFIXES, is_image, is_video


def read_list(path: Path) -> list[Path]:
    """The files in their order, absolute; lines that begin with # are passed over.

    Raises MediaError, which names the line, for a file that is not there, is listed twice or is no medium; MissingData
    for a list of none.
    """
    line_of: dict[Path, int] = {}
    for number, text in read_lines(path):
        if text.lstrip().startswith("#"):
            continue
        file = Path(os.path.normpath(path.parent.absolute() / Path(text.strip()).expanduser()))
        if not is_file(file):
            raise line_error(path, number, "a file, relative to the list's folder", f"nothing at {shown(str(file))}")
        if not is_image(file) and not is_video(file):
            raise line_error(path, number, f"an image or a video ({SUFFIXES})", shown(file.name))
        if file in line_of:
            raise line_error(path, number, "each file once", f"that of line {line_of[file]} again")
        line_of[file] = number
    if not line_of:
        raise MissingData(f"paths of images or videos in {path}", "none", "write one a line")
    return list(line_of)
