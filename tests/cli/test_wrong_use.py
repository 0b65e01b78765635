"""Wrong options: refused with what is accepted, before any folder is made."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from ahc_stream.cli import app
from ahc_stream.cli.compare import compare
from ahc_stream.cli.decode import decode
from ahc_stream.cli.encode import encode
from ahc_stream.cli.report import report
from ahc_stream.cli.run import run
from ahc_stream.core.errors import AhcStreamError, InvalidValue, StorageError, UnknownName
from tests.cli.conftest import Cli
from tests.pictures import write_pictures

FULL = """
import errno
from ahc_stream.cli.exits import errors_as_exit_codes
from ahc_stream.core.errors import StorageError
with errors_as_exit_codes():
    raise StorageError.of(OSError(errno.ENOSPC, "No space left on device"), "x", "wait")
"""


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_pictures(tmp_path_factory.mktemp("data") / "pictures", 3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"device": "tpu"}, "cpu, cuda, cuda:N or auto"),
        ({"device": "cuda:x"}, "cpu, cuda, cuda:N or auto"),
        ({"device": "cuda:-1"}, "cpu, cuda, cuda:N or auto"),
        ({"device": "CUDA"}, "cpu, cuda, cuda:N or auto"),
        ({"device": ""}, "cpu, cuda, cuda:N or auto"),
        ({"device": "mps"}, "cpu, cuda, cuda:N or auto"),
        ({"device": "cuda:99"}, "a GPU cuda:99"),
        ({"precision": "float16"}, "known: float32, tf32"),
        ({"precision": "tf32", "device": "cpu"}, "a GPU for the precision tf32"),
        ({"entropy": "foo"}, "known: compressai, native"),
        ({"source": "ffmpeg"}, "known: auto"),
        ({"metric": ["psnr", "psnr"]}, "psnr more than once"),
        ({"metric": ["psnr", "vmaff"]}, "did you mean 'vmaf'"),
        ({"metric_profile": "studie"}, "did you mean 'study'"),
        ({"codec": ["jpeg@50", "jpeg@50"]}, "jpeg@50:coding=baseline:qtable=none:subsampling=420 more than once"),
        ({"codec": ["jpeg@10,50", "jpeg@50,90"]}, "jpeg@50:coding=baseline:qtable=none:subsampling=420 more than once"),
        ({"codec": ["h264@23", "h264@23:preset=medium"]}, "more than once"),
        ({"codec": ["h264@23;preset=fast"]}, "write h264@23:preset=fast"),
        ({"codec": ["h264@23 preset=fast"]}, "write h264@23:preset=fast"),
        ({"codec": ["h264@23,preset=fast,tune=film:gop=12"]}, "write h264@23:preset=fast:tune=film:gop=12"),
        ({"codec": ["h264;preset=fast"]}, "write h264:preset=fast"),
        ({"codec": ["h264:23"]}, "write h264@23"),
        ({"codec": ["h264=23"]}, "write name@qualities:key=value"),
        ({"codec": []}, "--codec"),
        ({"task": ["edges", "edges"]}, "each task once"),
        ({"task": ["edges", "edges:thresholds=9"]}, "each task once"),
        ({"task": ["edges;thresholds=9"]}, "write edges:thresholds=9"),
        ({"task": ["edges"], "no_task": True}, "--task or --no-task"),
        ({"lanes": 100_000}, "lanes of at most 256"),
        ({"threads": 1_000_000}, "threads of at most 1024"),
        ({"limit": 0}, "limit of at least 1"),
        ({"limit": -2}, "limit of at least 1"),
        ({"depth": 0}, "depth of at least 1"),
        ({"max_failures": -1}, "max_failures of at least 0"),
        ({"flush_seconds": -1.0}, "flush_seconds of at least 0"),
        ({"flush_seconds": math.nan}, "flush_seconds of at least 0"),
        ({"flush_seconds": math.inf}, "flush_seconds of at least 0"),
        ({"shard": "2/2"}, "0 <= i < n"),
        ({"shard": "-1/2"}, "0 <= i < n"),
        ({"shard": "1"}, "--shard as I/N"),
        ({"shard": "1/2/3"}, "--shard as I/N"),
        ({"weights": "random:x", "codec": ["mbt2018-mean@1"]}, "random:SEED"),
        ({"weights": "nowhere.pth", "codec": ["mbt2018-mean@1"]}, "nowhere.pth"),
    ],
    ids=str,
)
def test_run_refuses_it_before_any_folder_is_made(
    pictures: Path, tmp_path: Path, options: dict[str, Any], says: str
) -> None:
    out = tmp_path / "runs" / "x"
    with pytest.raises(AhcStreamError) as refusal:
        run(**({"dataset": str(pictures), "codec": ["jpeg@50"], "out": out, "metric": ["psnr"]} | options))
    assert says.lower() in str(refusal.value).lower(), refusal.value
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ("--lanes", "0"), ("--lanes", "-1"), ("--clip-frames", "0"), ("--limit", "0"), ("--limit", "-1"),
        ("--depth", "0"), ("--max-failures", "-1"), ("--max-pixels", "0"), ("--limit", "x"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_number_out_of_its_range_is_exit_code_2(pictures: Path, tmp_path: Path, words: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["run", str(pictures), "-c", "jpeg@50", "--out", str(tmp_path / "out"), *words])
    assert done.exit_code == 2 and words[0] in done.output
    assert not any(tmp_path.iterdir())


@pytest.mark.skipif(torch.cuda.is_available(), reason="a machine with a GPU has the device that is refused here")
@pytest.mark.parametrize("device", ["cuda", "cuda:0"])
def test_a_gpu_that_is_not_there_is_named_before_anything_is_made(pictures: Path, tmp_path: Path, device: str) -> None:
    for call in (
        lambda: run(str(pictures), ["jpeg@50"], tmp_path / "out", device=device),
        lambda: encode(str(pictures), tmp_path / "x.ahc", "jpeg@50", device=device),
        lambda: decode(tmp_path / "x.ahc", tmp_path / "y", device=device),
    ):
        with pytest.raises(InvalidValue, match=rf"expected a GPU {device} in this machine; got none\. .*auto"):
            call()
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"device": "tpu"}, InvalidValue),
        ({"codec": "jpeg@10,50"}, InvalidValue),
        ({"codec": "jpeg@50;subsampling=444"}, InvalidValue),
        ({"source": "ffmpeg"}, UnknownName),
        ({"container": "mkv"}, InvalidValue),
        ({"fps": "0"}, InvalidValue),
        ({"fps": "-25"}, InvalidValue),
        ({"fps": "nan"}, InvalidValue),
        ({"fps": "25/0"}, InvalidValue),
        ({"fps": "inf"}, InvalidValue),
    ],
    ids=str,
)
def test_encode_refuses_it_before_any_file_is_made(
    pictures: Path, tmp_path: Path, options: dict[str, Any], error: type[AhcStreamError]
) -> None:
    with pytest.raises(error):
        encode(**({"media": str(pictures), "out": tmp_path / "new" / "x.ahc", "codec": "jpeg@50"} | options))
    assert not any(tmp_path.iterdir())


def test_decode_refuses_frames_formats_and_devices(pictures: Path, tmp_path: Path) -> None:
    coded = tmp_path / "x.ahc"
    encode(str(pictures), coded, "jpeg@50")
    for options in (
        {"frames": "5:2"}, {"frames": "2:2"}, {"frames": "a"}, {"frames": ":"}, {"frames": "-1"}, {"frames": "\u00b2"},
        {"frames": "0:1:2"}, {"frames": "7"}, {"container": "mkv"}, {"device": "tpu"},
    ):  # fmt: skip
        with pytest.raises(InvalidValue):
            decode(coded, tmp_path / "frames", **options)
    assert list(tmp_path.iterdir()) == [coded]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, pictures: Path) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "out"
    run(str(pictures), ["jpeg@50"], folder, metric=["psnr"], as_json=True)
    return folder


@pytest.mark.parametrize(
    "options",
    [
        {"reference": "label"}, {"level": 1.5}, {"level": math.nan}, {"level": 0.0}, {"resamples": 7},
        {"as_json": True, "level": 1.5}, {"as_json": True, "reference": "label"}, {"html": False, "reference": "label"},
    ],
    ids=str,
)  # fmt: skip
def test_report_and_compare_refuse_settings_before_anything_is_made(out: Path, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        report(out, **options)
    if not {"as_json", "html"} & options.keys():
        with pytest.raises(InvalidValue):
            compare([out, out], **options)
    assert not (out / "report").exists()


def test_json_and_figures_are_not_asked_for_at_once(out: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidValue, match="or --figures; got both"):
        report(out, as_json=True, figures=tmp_path / "figures")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("words", [("--resamples", "-1"), ("--seed", "-1"), ("--pictures", "-1")], ids=" ".join)
def test_numbers_of_a_report_have_ranges(out: Path, words: tuple[str, str]) -> None:
    done = CliRunner().invoke(app, ["report", str(out), *words])
    assert done.exit_code == 2 and words[0] in done.output


def test_a_file_where_the_folder_of_tables_should_be_is_wrong_use(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for out in (tmp_path / "file", tmp_path / "file" / "out", tmp_path / ("x" * 300)):
        with pytest.raises(StorageError) as refusal:
            run(str(pictures), ["jpeg@50"], out, metric=["psnr"])
        assert type(refusal.value) is StorageError  # no DiskError, whose exit code says that work was stopped
    assert (tmp_path / "file").read_text() == "mine"


def test_wrong_use_and_a_full_disk_have_exit_codes_of_their_own(cli: Cli, pictures: Path, tmp_path: Path) -> None:
    words = ("run", pictures, "-c", "jpeg@50", "--metric", "psnr")
    assert cli(*words, "--out", "out", "--device", "tpu").returncode == 2
    assert cli(*words, "--out", "out").returncode == 0
    other = cli("run", pictures, "-c", "jpeg@50", "--metric", "ssim", "--out", "out")
    assert other.returncode == 2 and "was begun with" in other.stderr
    assert cli("encode", pictures, "-o", "/dev/full/x.ahc", "-c", "jpeg@50").returncode == 2
    closed = cli("encode", pictures, "-o", "/proc/x.ahc", "-c", "jpeg@50")
    assert closed.returncode == 2 and "a folder that can be written; got /proc: " in closed.stderr
    full = subprocess.run([sys.executable, "-c", FULL], capture_output=True, text=True, check=False)
    assert (
        full.returncode == 4 and full.stderr == "ahc-stream: DiskError: expected to write x; got a full disk. Wait.\n"
    )
