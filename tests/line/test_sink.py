"""The sink: batches that commit as a whole, orphans, failures, the lock, and a disk that is full."""

from __future__ import annotations

import resource
import signal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ahc_stream import tables
from ahc_stream.core.clip import FrameKey
from ahc_stream.core.errors import MediaError, StorageError
from ahc_stream.core.failure import Failure
from ahc_stream.core.trial import OperatingPoint
from ahc_stream.line.sink import ParquetSink

POINT = OperatingPoint("jpeg", 50.0, (("subsampling", "420"),))
SCHEMAS = {"frames": tables.frames_schema(["psnr"]), "clips": tables.CLIPS}


def rows(item: str, point: OperatingPoint = POINT) -> dict[str, pa.Table]:
    key = {
        "dataset": "d",
        "item": item,
        "frame": 0,
        "codec": point.codec,
        "quality": point.quality,
        "options": point.options_text,
    }
    frame = key | {"frame_type": "I", "width": 4, "height": 4, "payload_bits": 8, "container_bits": 9, "psnr": 30.0}
    clip = key | {
        "batch": 1,
        "consecutive": False,
        "encode_seconds": 0.1,
        "decode_seconds": 0.1,
        "device": "cpu",
        "lanes": 1,
        "source": "x",
    }
    made = {"frames": frame, "clips": clip}
    return {name: pa.Table.from_pylist([made[name]], schema=SCHEMAS[name]) for name in SCHEMAS}


def items(folder: Path, table: str = "frames") -> list[str]:
    found = tables.read(folder, table)
    return sorted(found["item"].to_pylist()) if found.num_rows else []


def test_rows_are_readable_once_the_sink_has_closed(tmp_path: Path) -> None:
    with ParquetSink(tmp_path, SCHEMAS) as sink:
        sink.add(rows("a"))
        sink.add(rows("b"))
    assert items(tmp_path) == ["a", "b"] and len(list((tmp_path / "frames").iterdir())) == 1
    assert tables.read(tmp_path, "frames").schema == SCHEMAS["frames"]


def test_an_error_in_the_loop_still_commits_what_was_added(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), ParquetSink(tmp_path, SCHEMAS) as sink:
        sink.add(rows("a"))
        raise KeyboardInterrupt
    assert items(tmp_path) == ["a"]


def test_the_next_run_knows_what_is_done(tmp_path: Path) -> None:
    without_knob = OperatingPoint("identity")
    with ParquetSink(tmp_path, SCHEMAS) as sink:
        assert sink.done == frozenset()
        sink.add(rows("a"))
        sink.add(rows("a", without_knob))
    with ParquetSink(tmp_path, SCHEMAS) as sink:
        first = FrameKey("d", "a", 0)
        assert sink.done == {tables.clip_key(first, POINT), tables.clip_key(first, without_knob)}


def test_a_batch_without_its_clips_file_is_passed_over_and_then_removed(tmp_path: Path) -> None:
    with ParquetSink(tmp_path, SCHEMAS) as sink:
        sink.add(rows("a"))
        sink.flush()
        sink.add(rows("b"))
    (tmp_path / "clips" / "part-0-of-1-000001.parquet").unlink()  # as if killed just before the commit
    (tmp_path / "frames" / ".part-0-of-1-000002.parquet.tmp").write_bytes(b"half a file")
    assert items(tmp_path) == ["a"]
    with ParquetSink(tmp_path, SCHEMAS) as sink:
        sink.add(rows("b"))
    assert items(tmp_path) == ["a", "b"]
    assert sorted(p.name for p in (tmp_path / "frames").iterdir()) == [f"part-0-of-1-00000{i}.parquet" for i in (0, 1)]


def test_flushing_is_due_by_time(tmp_path: Path) -> None:
    with ParquetSink(tmp_path, SCHEMAS, flush_seconds=0.0) as sink:
        sink.add(rows("a"))
        assert items(tmp_path) == ["a"]
    with ParquetSink(tmp_path, SCHEMAS, flush_seconds=1000.0) as sink:
        sink.add(rows("b"))
        assert items(tmp_path) == ["a"]


def test_shards_share_a_folder_and_leave_each_other_alone(tmp_path: Path) -> None:
    with ParquetSink(tmp_path, SCHEMAS, "0-of-2") as one, ParquetSink(tmp_path, SCHEMAS, "1-of-2") as two:
        one.add(rows("a"))
        two.add(rows("b"))
    assert items(tmp_path) == ["a", "b"]


def test_a_second_writer_of_the_same_name_is_refused(tmp_path: Path) -> None:
    refused = pytest.raises(StorageError, match="another run writes there")
    with ParquetSink(tmp_path, SCHEMAS), refused, ParquetSink(tmp_path, SCHEMAS):
        pass


def test_the_same_failure_is_one_row_and_goes_when_a_whole_run_does_not_meet_it(tmp_path: Path) -> None:
    broken = Failure("d", "a", "open", MediaError("a JPEG", "half of one", "fetch it again"))
    for _ in range(2):
        with ParquetSink(tmp_path, SCHEMAS) as sink:
            sink.fail(broken)
    (row,) = tables.read(tmp_path, "failures").to_pylist()
    assert (
        row["item"] == "a" and row["error"] == "MediaError" and "half of one" in row["message"] and row["codec"] is None
    )
    with pytest.raises(KeyboardInterrupt), ParquetSink(tmp_path, SCHEMAS):
        raise KeyboardInterrupt  # a run that was stopped has not tried everything
    assert items(tmp_path, "failures") == ["a"]
    with ParquetSink(tmp_path, SCHEMAS):
        pass
    assert items(tmp_path, "failures") == []


def test_a_disk_that_takes_no_more_is_an_error_and_keeps_what_was_written(tmp_path: Path) -> None:
    with ParquetSink(tmp_path, SCHEMAS) as sink:
        sink.add(rows("a"))
    limits, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with pytest.raises(StorageError, match="Make room"), ParquetSink(tmp_path, SCHEMAS) as sink:
            sink.add(rows("b"))
            resource.setrlimit(resource.RLIMIT_FSIZE, (64, limits[1]))
            sink.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert items(tmp_path) == ["a"] and not list(tmp_path.glob("*/.*.tmp"))


def test_reading_a_table_that_is_not_there_names_it(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="'frames'"):
        tables.read(tmp_path, "frames")


def test_pandas_polars_and_duckdb_read_the_folder(tmp_path: Path) -> None:
    import duckdb
    import pandas as pd
    import polars as pl

    with ParquetSink(tmp_path, SCHEMAS) as sink:
        sink.add(rows("a"))
    assert pd.read_parquet(tmp_path / "frames").psnr.tolist() == [30.0]
    assert pl.read_parquet(tmp_path / "frames" / "*.parquet")["psnr"].to_list() == [30.0]
    assert duckdb.sql(f"select avg(psnr) from '{tmp_path}/frames/*.parquet'").fetchall() == [(30.0,)]
    assert pq.read_table(tmp_path / "frames").num_rows == 1
