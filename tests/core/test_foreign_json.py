"""JSON of others: an object, or an error that names the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.core.foreign_json import read_json


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_an_object_is_read_in_any_encoding_that_a_mark_tells(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"name": "caf\u00e9", "values": [1, 2.5, null]}', encoding=encoding)
    assert read_json(path, "do so") == {"name": "caf\u00e9", "values": [1, 2.5, None]}


@pytest.mark.parametrize("text", ["", "{", "[1]", "7", '"text"', "null", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"])
def test_anything_else_is_an_error_with_the_advice_that_was_given(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(MediaError, match=r"a\.json.*Write another"):
        read_json(tmp_path / "a.json", "write another")


def test_a_file_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match=r"none\.json"):
        read_json(tmp_path / "none.json", "write it")
