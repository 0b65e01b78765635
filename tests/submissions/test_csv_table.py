"""CSV files as programs and spreadsheets write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.core.errors import AhcStreamError, MediaError, MissingData
from ahc_stream.submissions.csv_table import read_csv

ROWS = [("a.png", ["A B"]), ("b.png", ["Ä,1"])]


def table(folder: Path, content: bytes):
    path = folder / "x.csv"
    path.write_bytes(content)
    return read_csv(path, "text")


def rows(folder: Path, content: bytes) -> list[tuple[str, list[str]]]:
    return [(row.image, list(row.values)) for row in table(folder, content).rows]


@pytest.mark.parametrize(
    "content",
    [
        'image,text\na.png,A B\nb.png,"Ä,1"\n'.encode(),
        'image,text\r\na.png,A B\r\nb.png,"Ä,1"\r\n'.encode("utf-8-sig"),
        'image,text\ra.png,A B\rb.png,"Ä,1"'.encode("latin-1"),
        'Image , TEXT\n\na.png,A B\n\n"b.png","Ä,1"\n'.encode("utf-16"),
        "text\timage\nA B\ta.png\nÄ,1\tb.png\n".encode(),
        "image;text\na.png;A B\nb.png;Ä,1\n".encode(),
        'a.png,A B\nb.png,"Ä,1"\n'.encode(),
    ],
    ids=["plain", "mark and CRLF", "Latin-1 and CR", "UTF-16 and blank lines", "tabs", "semicolons", "no names"],
)
def test_dialects_say_the_same(tmp_path: Path, content: bytes) -> None:
    assert rows(tmp_path, content) == ROWS


def test_a_text_may_go_over_lines_and_be_empty(tmp_path: Path) -> None:
    assert rows(tmp_path, b'image,text\na.png,"two\nlines"\nb.png,\n') == [("a.png", ["two\nlines"]), ("b.png", [""])]


def test_columns_keep_their_order_and_names(tmp_path: Path) -> None:
    read = table(tmp_path, b"Cat,image,dog\n1,a.png,2\n")
    assert read.columns == ("Cat", "dog") and [list(row.values) for row in read.rows] == [["1", "2"]]
    with pytest.raises(MediaError, match=r"columns image and text in .*got Cat, dog"):
        table(tmp_path, b"Cat,image,dog\n1,a.png,2\n").place("text")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"image,text\na.png,A,B\n", "2 fields .image, text. in .*line 2; got 3"),
        (b"image,text\na.png\n", "2 fields .*line 2; got 1"),
        (b"image,text\n ,A\n", "the name of an image in .*line 2"),
        (b'image,text\na.png,"A\n', "a line of a CSV in .*line 2"),
        (b'image,text\na.png,"A"B\n', "a line of a CSV in .*line 2"),
        (b"image,text,text\n", "a name of its own for each column in .*line 1; got 'text' twice"),
        (b"file,state,text\n", "names of columns, image among them, in|names of columns, image among them in .*line 1"),
        (b"image\na.png\n", "columns image and text"),
    ],
)
def test_an_odd_line_is_named(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(MediaError, match=says):
        read = table(tmp_path, content)
        read.place("text")
        list(read.rows)


def test_no_rows_and_no_file_are_missing_data(tmp_path: Path) -> None:
    for content in (b"", b"\n \n"):
        with pytest.raises(MissingData, match="rows of image,text"):
            table(tmp_path, content)
    with pytest.raises(MissingData, match="no such file"):
        read_csv(tmp_path / "none.csv", "text")
    with pytest.raises(AhcStreamError):
        list(table(tmp_path, b"image,text\na.png," + b"x" * 200_000 + b"\n").rows)
