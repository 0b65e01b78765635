"""The whole line on small pictures: rows, resume, failures, kill."""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from ahc_stream import runs, tables
from ahc_stream.core.errors import InvalidValue, MissingData, StorageError, TooManyFailures, UnknownName
from ahc_stream.describe import request
from ahc_stream.experiment import Experiment
from ahc_stream.metrics import PROFILES
from ahc_stream.plan import plan
from ahc_stream.running import run
from tests.pictures import write_pictures

TIMINGS = {"start", "lanes", "delay_frames"} | {
    f"{way}_{what}" for way in ("encode", "decode") for what in ("seconds", "ms", "ms_p95")
}


@pytest.fixture
def experiment(tmp_path: Path) -> Experiment:
    folder = write_pictures(tmp_path / "pictures", 7)
    return Experiment(str(folder), ("jpeg@30,80", "identity"), tmp_path / "out", device="cpu", clip_frames=3)


def finish(experiment: Experiment) -> int:
    """Runs to the end; how many times rows came."""
    return sum(1 for _ in run(experiment))


def everything(out: Path, table: str = "frames") -> list[dict]:
    """All rows of a table, timings apart, in one order."""
    rows = runs.open(out).table(table)
    rows = rows.drop_columns([name for name in TIMINGS if name in rows.column_names])
    return sorted(rows.to_pylist(), key=lambda row: json.dumps(row, sort_keys=True))


def test_every_frame_has_one_row_per_operating_point(experiment: Experiment) -> None:
    finish(experiment)
    rows = everything(experiment.out)
    assert len(rows) == 7 * 3
    assert len({(r["item"], r["frame"], r["codec"], r["quality"]) for r in rows}) == len(rows)
    by_point = {q: [r for r in rows if r["quality"] == q] for q in (30.0, 80.0, None)}
    mean = {q: sum(r["psnr"] for r in rs) / len(rs) for q, rs in by_point.items()}
    bits = {q: sum(r["payload_bits"] for r in rs) for q, rs in by_point.items()}
    assert mean[30.0] < mean[80.0] < mean[None] == float("inf") and bits[30.0] < bits[80.0] < bits[None]
    assert bits[None] == 7 * 64 * 48 * 24
    assert all(r["container_bits"] >= r["payload_bits"] and r["frame_type"] == "I" for r in rows)


def test_streams_hold_seconds_and_source(experiment: Experiment) -> None:
    finish(experiment)
    streams = runs.open(experiment.out).streams.to_pylist()
    assert len(streams) == 7 * 3 and all(s["frames"] == 1 and s["complete"] and s["final"] for s in streams)
    assert all(s["encode_seconds"] > 0 and s["source"] == "images" and not s["consecutive"] for s in streams)


def test_three_lanes_give_the_rows_of_one(experiment: Experiment, tmp_path: Path) -> None:
    parallel = replace(experiment, out=tmp_path / "parallel", lanes=3, depth=1)
    finish(experiment)
    finish(parallel)
    for table in ("frames", "streams"):
        assert everything(experiment.out, table) == everything(parallel.out, table)


def test_decoded_frames_are_kept_by_several_lanes_and_originals_are_those_of_today(experiment: Experiment) -> None:
    """A picture that was broken when an earlier start left something in its place."""
    stale = tables.recon_path(experiment.out, "identity", None, "", "003", 0)
    stale.parent.mkdir(parents=True)
    stale.write_bytes(b"left by another start")
    finish(replace(experiment, lanes=3, depth=1, save_recon=True))
    kept = sorted(path.relative_to(experiment.out / "recon") for path in (experiment.out / "recon").rglob("*.*"))
    assert len(kept) == 3 * 7 and all(path.name == "000000.png" for path in kept)
    with Image.open(stale) as original, Image.open(Path(experiment.dataset) / "003.png") as picture:
        assert np.array_equal(np.asarray(original), np.asarray(picture))


def test_without_a_folder_rows_are_only_yielded(experiment: Experiment) -> None:
    rows = [row.tables["frames"] for row in run(replace(experiment, out=None))]
    assert pa.concat_tables(rows).num_rows == 21 and not experiment.out.exists()


def test_started_again_it_does_only_what_is_missing(experiment: Experiment) -> None:
    assert finish(experiment) == 9
    assert finish(experiment) == 0
    assert finish(replace(experiment, codecs=("jpeg@30,55", "identity"))) == 3
    assert len(everything(experiment.out)) == 7 * 4
    starts = json.loads((experiment.out / "manifest.json").read_text())["starts"]
    assert len(starts) == 3 and all(start["finished"] for start in starts)


def test_leaving_the_loop_keeps_what_was_yielded_and_the_rest_follows(experiment: Experiment) -> None:
    for count, _ in enumerate(run(experiment), start=1):
        if count == 4:
            break
    kept = len(runs.open(experiment.out).streams)
    assert 7 <= kept <= 12  # the rows in hand when the loop was left were given to the folder before they were yielded
    finish(experiment)
    assert len(everything(experiment.out)) == 21


@pytest.mark.parametrize(
    "change",
    [
        {"metrics": ("psnr",)},
        {"source": "dali"},
        {"metric_profile": "study", "metrics": PROFILES["standard"].metrics},
    ],
)
def test_a_folder_keeps_the_settings_it_was_begun_with(experiment: Experiment, change: dict) -> None:
    finish(experiment)
    with pytest.raises(StorageError, match=f"{next(iter(change))}.*name another --out|Name another --out"):
        finish(replace(experiment, **change))
    assert len(everything(experiment.out)) == 21


def test_a_folder_takes_more_pictures_and_other_clips(experiment: Experiment) -> None:
    finish(experiment)
    write_pictures(Path(experiment.dataset), 8)
    finish(replace(experiment, clip_frames=5))
    assert len(everything(experiment.out)) == 8 * 3


def test_a_folder_refuses_other_pictures(experiment: Experiment) -> None:
    finish(experiment)
    before = (experiment.out / "manifest.json").read_bytes()
    write_pictures(Path(experiment.dataset), 7, width=80)
    with pytest.raises(StorageError, match="000"):
        finish(experiment)
    assert (experiment.out / "manifest.json").read_bytes() == before


def test_shards_together_are_the_whole(experiment: Experiment, tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "many", 70, 16, 16)
    whole = replace(experiment, dataset=str(folder), codecs=("jpeg@50",), metrics=("psnr",), clip_frames=8)
    finish(whole)
    parts = replace(whole, out=tmp_path / "parts")
    for index in range(2):
        finish(replace(parts, shard=(index, 2)))
    assert everything(whole.out) == everything(parts.out) and len(everything(whole.out)) == 70


def test_a_broken_picture_is_a_failure_and_the_others_have_rows(experiment: Experiment) -> None:
    broken = Path(experiment.dataset) / "003.png"
    broken.write_bytes(broken.read_bytes()[:400])
    running = run(experiment)
    list(running)
    (failure,) = running.failures
    assert "003" in str(failure) and failure.stage == "open"
    (row,) = runs.open(experiment.out).failures.to_pylist()
    assert row["error"] == "MediaError" and "003.png" in row["message"]


def test_a_failure_that_is_mended_leaves_the_table(experiment: Experiment) -> None:
    broken = Path(experiment.dataset) / "006.png"
    whole = broken.read_bytes()
    broken.write_bytes(whole[:400])
    finish(experiment)
    before = len(everything(experiment.out))
    assert runs.open(experiment.out).failures.num_rows == 1 and before < 21


def test_more_failures_than_allowed_stop_the_run_with_its_rows_kept(experiment: Experiment) -> None:
    for name in ("004.png", "005.png"):
        (Path(experiment.dataset) / name).write_bytes(b"not a picture")
    with pytest.raises(TooManyFailures, match="at most 0"):
        finish(replace(experiment, max_failures=0))
    assert runs.open(experiment.out).failures.num_rows >= 1
    assert runs.open(experiment.out).frames.num_rows


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        ({"codecs": ("jpg@50",)}, UnknownName, "'jpeg'"),
        ({"codecs": ("jpeg@500",)}, InvalidValue, "500"),
        ({"codecs": ("jpeg@50:presset=fast",)}, InvalidValue, "presset"),
        ({"dataset": "kodac"}, UnknownName, "'kodak'"),
        ({"metrics": ("pnsr",)}, UnknownName, "'psnr'"),
        ({"tasks": ("detektion",)}, UnknownName, "'detection'"),
        ({"tasks": ("detection:size=320", "detection:size=640")}, InvalidValue, "each task once"),
        ({"source": "daly"}, UnknownName, "'dali'"),
        ({"clip_frames": -1}, InvalidValue, "clip_frames"),
        ({"shard": (2, 2)}, InvalidValue, "shard"),
        ({"codecs": ("cheng2020-anchor@3", "ssf2020@2")}, MissingData, "cheng2020-anchor-3-mse.*ssf2020-2-mse"),
    ],
)
def test_bad_input_is_told_before_any_work(
    experiment: Experiment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, change: dict, error: type, says: str
) -> None:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AHC_STREAM_PATH", "")
    with pytest.raises(error, match=says):
        run(replace(experiment, **change))
    assert not experiment.out.exists()


def test_an_empty_folder_says_what_it_looked_for(experiment: Experiment, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingData, match="empty"):
        run(replace(experiment, dataset=str(tmp_path / "empty")))


def command(experiment: Experiment, *more: str) -> list[str]:
    codecs = [word for codec in experiment.codecs for word in ("--codec", codec)]
    flags = ["--out", str(experiment.out), "--device", "cpu", "--clip-frames", "3", "--flush-seconds", "0"]
    return [sys.executable, "-m", "ahc_stream.cli", "run", experiment.dataset, *codecs, *flags, *more]


def start(experiment: Experiment, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(command(experiment, *more), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def wait_for_rows(process: subprocess.Popen[str], out: Path) -> None:
    """Returns when the first batch is committed."""
    for _ in range(1200):
        if list(out.glob("commits/*.json")) or process.poll() is not None:
            return
        time.sleep(0.05)
    raise AssertionError("no rows after a minute")


@pytest.mark.timeout(180)
def test_killed_at_a_random_moment_and_started_again_it_has_the_rows_of_an_undisturbed_run(
    experiment: Experiment, tmp_path: Path
) -> None:
    folder = write_pictures(tmp_path / "many", 40, 64, 96)
    undisturbed = replace(experiment, dataset=str(folder), codecs=("jpeg@10..90..10", "webp@50"), out=tmp_path / "calm")
    finish(undisturbed)
    killed = replace(undisturbed, out=tmp_path / "killed")
    seed = random.randrange(2**32)
    moments = random.Random(seed)
    for _ in range(2):
        process = start(killed)
        wait_for_rows(process, killed.out)
        time.sleep(moments.uniform(0, 0.6))
        process.kill()
        process.wait()
    committed = len(everything(killed.out))
    finish(replace(killed, flush_seconds=0.0))
    for table in ("frames", "streams"):
        assert everything(killed.out, table) == everything(undisturbed.out, table), (
            f"seed {seed}, {committed} rows kept"
        )


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_other_signals_end_it_as_ctrl_c_does(
    experiment: Experiment, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    folder = write_pictures(tmp_path / "large", 12, 256, 256)
    slow = replace(experiment, dataset=str(folder), codecs=("avif@50,55,60,65,70,75,80,85:speed=2",))
    process = start(slow)
    wait_for_rows(process, slow.out)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == code and "finished are kept" in stderr and "Traceback" not in stderr
    (told,) = runs.open(slow.out).starts
    assert told["ended"] == "interrupted" and told["finished"] and told["loads"]
    assert runs.verify(slow.out) == []


@pytest.mark.timeout(120)
@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_it_with_130_and_every_finished_row_kept(
    experiment: Experiment, tmp_path: Path, times: int
) -> None:
    folder = write_pictures(tmp_path / "large", 12, 256, 256)
    slow = replace(experiment, dataset=str(folder), codecs=("avif@50,55,60,65,70,75,80,85:speed=2",))
    process = start(slow)
    wait_for_rows(process, slow.out)
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.2)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "finished are kept" in stderr and "Traceback" not in stderr
    rows = everything(slow.out)
    assert rows and len(rows) == len(everything(slow.out, "streams")) and len(rows) < 12 * 8
    (told,) = runs.open(slow.out).starts
    assert told["ended"] == "interrupted" or times == 2


def test_metrics_of_the_study_are_the_default(experiment: Experiment) -> None:
    finish(experiment)
    names = runs.open(experiment.out).frames.column_names
    assert names == [*tables.FRAMES.names, *PROFILES["standard"].metrics, "start"]


def test_the_environment_of_a_run_is_in_its_manifest(experiment: Experiment) -> None:
    finish(experiment)
    manifest = json.loads((experiment.out / "manifest.json").read_text())
    assert manifest["dataset"]["items"] >= 1 and manifest["dataset"]["fingerprint"].startswith("sha256")
    assert [(point["codec"], point["quality"]) for point in manifest["points"]] == [
        ("jpeg", 30),
        ("jpeg", 80),
        ("identity", None),
    ]
    assert set(manifest["metrics"]) == set(PROFILES["standard"].metrics)
    first = manifest["starts"][0]
    assert first["versions"]["torch"] and first["hardware"]["cores"] == len(os.sched_getaffinity(0))
    assert set(first["loads"]) == {"open", "codec", "measure", "sink"} and first["failures"] == 0


def test_missing_data_and_missing_weights_are_told_in_one_message(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.setenv("AHC_STREAM_PATH", "")
    with pytest.raises(MissingData) as caught:
        run(Experiment("mot17", ("ssf2020@1,2",)))
    for words in ("MOT17.zip", "data download ssf2020-1-mse ssf2020-2-mse yolov5n"):
        assert words in str(caught.value)


def test_a_tasks_own_file_is_hashed_and_another_one_under_its_name_is_refused(
    experiment: Experiment, tmp_path: Path
) -> None:
    model = tmp_path / "own.pt"
    model.write_bytes(b"one")
    asked = replace(experiment, tasks=(f"detection:model={model}",))
    with runs.begin(experiment.out, request(plan(asked))):
        pass
    (entry,) = json.loads((experiment.out / "manifest.json").read_text())["weights"].values()
    assert entry["file"] == "own.pt" and entry["sha256"] == hashlib.sha256(b"one").hexdigest()
    model.write_bytes(b"another")
    with pytest.raises(StorageError, match=r"own\.pt"), runs.begin(experiment.out, request(plan(asked))):
        pass
    model.unlink()
    with pytest.raises(MissingData, match=r"no file .*own\.pt"):
        plan(asked)


def test_a_clip_is_bytes_too_and_moves_no_number(tmp_path: Path) -> None:
    folder = tmp_path / "large"
    folder.mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (4, 600, 800, 3), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        Image.fromarray(pixels).save(folder / f"{number}.png")
    wide = Experiment(str(folder), ("jpeg@50",), tmp_path / "wide", metrics=("psnr",), device="cpu")
    narrow = replace(wide, out=tmp_path / "narrow", clip_megabytes=3)
    pieces = {experiment.out: [rows.frames for rows in run(experiment)] for experiment in (wide, narrow)}
    assert pieces == {wide.out: [4], narrow.out: [2, 2]}
    assert run(narrow).plan.most_alive["clip_bytes"] == 3_000_000
    frames = [runs.open(experiment.out).frames.to_pandas() for experiment in (wide, narrow)]
    columns = ["item", "payload_bits", "psnr"]
    assert frames[0].sort_values("item")[columns].equals(frames[1].sort_values("item")[columns])
