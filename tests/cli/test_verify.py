"""ahc-stream verify: lines and exit codes, repair, and the dataset beside the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ahc_stream import datasets, runs
from ahc_stream.cli import app
from tests.runs.sample_rows import parts, request, whole


def verify(*words: str) -> Result:
    return CliRunner().invoke(app, ["verify", *words])


def test_a_whole_folder_is_zero_and_a_damaged_one_is_one_until_it_is_repaired(tmp_path: Path) -> None:
    with runs.begin(tmp_path, request()) as start:
        start.add(whole("a"))
    result = verify(str(tmp_path))
    assert result.exit_code == 0 and "all is as it was written" in result.output
    parts(tmp_path, "frames")[0].write_bytes(b"PAR1")
    result = verify(str(tmp_path))
    assert result.exit_code == 1 and "4 bytes instead of" in result.output and "1 finding" in result.output
    result = verify(str(tmp_path), "--repair")
    assert "repaired: batch 0001-000000: frames dropped" in result.output
    assert "a frame 0 at jpeg@50 has 0 of its 1 frame" in result.output and result.exit_code == 1
    with runs.begin(tmp_path, request()) as start:
        start.add(whole("a"))
    assert verify(str(tmp_path)).exit_code == 0


def test_a_folder_without_a_run_is_a_finding(tmp_path: Path) -> None:
    result = verify(str(tmp_path))
    assert result.exit_code == 1 and "a manifest at" in result.output


@pytest.mark.parametrize("whole_files", [False, True])
def test_deep_compares_with_the_files_of_the_dataset(tmp_path: Path, whole_files: bool) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    for name in "ab":
        (data / f"{name}.bin.png").write_bytes(bytes(200_000))
    dataset = datasets.load(data)
    experiment = {"dataset": str(data), "root": None, "metric_profile": "standard", "source": "auto", "clean": True}
    with runs.begin(out, request(dataset.digests(whole_files), experiment=experiment)):
        pass
    assert verify(str(out), "--deep").exit_code == 0
    with (data / "b.bin.png").open("r+b") as file:
        file.seek(100_000)
        file.write(b"\1")  # in the middle, where only whole files are looked at
    result = verify(str(out), "--deep")
    assert result.exit_code == int(whole_files) and ("item b.bin: its files are others" in result.output) == whole_files
    (data / "a.bin.png").unlink()
    (data / "b.bin.png").unlink()
    result = verify(str(out), "--deep")
    assert result.exit_code == 0 and "not at hand" in result.output
