"""Text of other programs: encodings, line ends, and what an error says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.foreign_text import LONGEST_LINE, TextLine, line_error, read_lines, read_text, shown

PLAIN = "éclair\ncrème brûlée\n"
ENCODINGS = ("utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-32")


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_and_line_ends_do_not_matter(tmp_path: Path, encoding: str, end: str) -> None:
    path = write(tmp_path / "names.txt", PLAIN.replace("\n", end).encode(encoding))
    assert read_text(path) == PLAIN
    assert [line.text for line in read_lines(path)] == [*PLAIN.split()[:1], "crème brûlée"]


def test_lines_keep_their_numbers_and_blank_ones_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", b"\xef\xbb\xbf\n \r\none\n\n two")
    assert list(read_lines(path)) == [TextLine(3, "one"), TextLine(5, " two")]


def test_a_line_of_latin_1_leaves_the_others_be(tmp_path: Path) -> None:
    path = write(tmp_path / "mixed.txt", "naïve\n".encode() + "naïve\n".encode("latin-1"))
    assert [line.text for line in read_lines(path)] == ["naïve", "naïve"]


def test_joined_files_have_marks_in_the_middle(tmp_path: Path) -> None:
    path = write(tmp_path / "joined.txt", "a\n".encode("utf-8-sig") + "b\n".encode("utf-8-sig"))
    assert [line.text for line in read_lines(path)] == ["a", "b"]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    assert list(read_lines(write(tmp_path / "empty.txt", b""))) == []


def test_a_longer_line_than_text_has_is_refused_with_its_number(tmp_path: Path) -> None:
    path = write(tmp_path / "long.txt", b"short\n" + b"x" * (LONGEST_LINE + 1))
    with pytest.raises(MediaError, match=r"long\.txt, line 2"):
        list(read_lines(path))


def test_a_mark_that_is_not_kept_is_an_error(tmp_path: Path) -> None:
    path = write(tmp_path / "odd.txt", b"\xff\xfea")
    for read in (read_text, lambda path: list(read_lines(path))):
        with pytest.raises(MediaError, match=r"utf-16 in .*odd\.txt"):
            read(path)


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    for read in (read_text, lambda path: list(read_lines(path))):
        with pytest.raises(MissingData, match="no such file"):
            read(tmp_path / "nothing.txt")
        with pytest.raises(MediaError, match="a text file at"):
            read(tmp_path)


def test_a_line_of_the_greatest_length_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "long.txt", b"x" * (LONGEST_LINE - 1) + b"\n" + b"y" * LONGEST_LINE)
    assert [(line.number, len(line.text)) for line in read_lines(path)] == [(1, LONGEST_LINE - 1), (2, LONGEST_LINE)]
    assert LONGEST_LINE == 2**20


def test_every_line_of_a_file_without_a_mark_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "long.txt", b"a\n\nb\n" + b"x" * (LONGEST_LINE + 1))
    with pytest.raises(MediaError, match=r"at most 1048576 bytes in .*long\.txt, line 4"):
        list(read_lines(path))


@pytest.mark.parametrize(("length", "ending"), [(78, "'"), (79, " ...")])
def test_an_odd_value_is_shown_up_to_80_characters(length: int, ending: str) -> None:
    text = shown("x" * length)
    assert text == ("'" + "x" * length + "'")[:80] + ("" if ending == "'" else ending)


def test_an_error_of_a_line_names_it() -> None:
    error = line_error(Path("a.csv"), 3, "a number", "'x'")
    assert str(error) == "expected a number in a.csv, line 3; got 'x'. Correct that line."
