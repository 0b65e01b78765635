"""Weights & Biases in its offline mode: what lies in the file that it would upload."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
import wandb

from ahc_stream.trackers.wandb_run import PROJECT, WandbRun


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    wandb.teardown()  # it reads the variables once in a process
    for name in ("WANDB_DIR", "WANDB_CACHE_DIR", "WANDB_DATA_DIR", "WANDB_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    return tmp_path


FULL, LAST = 1, 4
HEADER, BLOCK, RECORD = 7, 32_768, 7
"""Bytes of the file's header, of a block, and of a record's header: checksum u32, length u16, kind u8."""


def payloads(data: bytes) -> list[bytes]:
    """The records of an offline file, which is a log as LevelDB documents it: one in pieces is put together."""
    found: list[bytes] = []
    place, piece = HEADER, b""
    while place + RECORD <= len(data):
        room = BLOCK - place % BLOCK
        if room < RECORD:
            place += room
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        piece += data[place + RECORD : place + RECORD + length]
        place += RECORD + length
        if kind in (FULL, LAST):
            found.append(piece)
            piece = b""
    return found


def records(folder: Path) -> list:
    """What the offline file holds, record by record."""
    from wandb.proto.wandb_internal_pb2 import Record

    (path,) = folder.rglob("run-*.wandb")
    return [Record.FromString(payload) for payload in payloads(path.read_bytes())]


def values_of(record) -> dict:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("is_done", "code"), [(True, 0), (False, 1)])
def test_its_file_has_parameters_points_files_and_the_end(offline: Path, is_done: bool, code: int) -> None:
    tracker = WandbRun(offline / "kodak", {"codecs": "jpeg@30"})
    tracker.progress({"frames": 10, "frames_per_second": 2.5})
    for place, (bpp, psnr) in enumerate([(0.25, 30.0), (0.5, 33.5)]):
        tracker.point("jpeg (420)", place, {"bpp": bpp, "psnr": psnr})
    (offline / "manifest.json").write_text("{}")
    tracker.file(offline / "manifest.json")
    tracker.close(is_done)
    wandb.teardown()  # by then its process has written all
    found = records(offline)
    run = next(record.run for record in found if record.HasField("run"))
    assert (run.project, run.display_name) == (PROJECT, "kodak")
    assert {item.key: json.loads(item.value_json) for item in run.config.update}["codecs"] == "jpeg@30"
    history = [values_of(record) for record in found if record.HasField("history")]
    assert [row["jpeg (420)/psnr"] for row in history if "jpeg (420)/psnr" in row] == [30.0, 33.5]
    assert [row["jpeg (420)/bpp"] for row in history if "jpeg (420)/bpp" in row] == [0.25, 0.5]
    assert any(row.get("progress/frames") == 10 for row in history)
    assert any(record.metric.step_metric == "jpeg (420)/bpp" for record in found if record.HasField("metric"))
    assert any(record.HasField("request") and record.request.HasField("log_artifact") for record in found) or any(
        record.HasField("artifact") for record in found
    )
    assert next(record.exit.exit_code for record in found if record.HasField("exit")) == code
