"""Lists of class names, one a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.core.class_names import read_class_names
from ahc_stream.core.errors import InvalidValue, MissingData


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_names_are_read_in_their_order(tmp_path: Path, encoding: str, end: str) -> None:
    (tmp_path / "names.txt").write_bytes(end.join(["naevus", "mélanome", "", " wart "]).encode(encoding))
    assert read_class_names(tmp_path / "names.txt") == ("naevus", "mélanome", "wart")


def test_numbers_in_front_are_left_out_where_there_are_such(tmp_path: Path) -> None:
    path = tmp_path / "classInd.txt"
    path.write_text("\ufeff1 ApplyEyeMakeup\r\n2 Baby  Crawling\r\n101\r\n")
    assert read_class_names(path, are_numbered=True) == ("ApplyEyeMakeup", "Baby Crawling", "101")
    assert read_class_names(path)[0] == "1 ApplyEyeMakeup"


def test_odd_lists_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    with pytest.raises(MissingData, match="no file"):
        read_class_names(path)
    path.write_text("\ufeff \n\n")
    with pytest.raises(InvalidValue, match=r"class names in .*names\.txt"):
        read_class_names(path)
    path.write_text("a\n\nb\na \n")
    with pytest.raises(InvalidValue, match="'a' twice, in lines 1 and 4"):
        read_class_names(path)


def test_only_a_number_in_front_of_a_name_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    path.write_text("Baby 2\n3 4 5\nWalking With Dog\n")
    assert read_class_names(path, are_numbered=True) == ("Baby 2", "4 5", "Walking With Dog")
    assert read_class_names(path) == ("Baby 2", "3 4 5", "Walking With Dog")
