"""Tables for pandas, and what is said where it is missing."""

from __future__ import annotations

import sys

import pyarrow as pa
import pytest

from ahc_stream.core.data_frames import data_frame
from ahc_stream.core.errors import MissingExtra


def test_rows_and_columns_are_those_of_the_table() -> None:
    table = pa.table({"codec": ["jpeg", "webp"], "bpp": [0.5, None]})
    frame = data_frame(table)
    assert list(frame.columns) == ["codec", "bpp"] and frame.codec.tolist() == ["jpeg", "webp"]
    assert frame.bpp.isna().tolist() == [False, True]


def test_without_pandas_there_is_an_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match="pip install pandas"):
        data_frame(pa.table({"a": [1]}))
