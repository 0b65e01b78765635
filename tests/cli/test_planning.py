"""ahc-stream run --plan: what it prints, its exit codes, and that nothing is left behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ahc_stream.experiment import Experiment
from ahc_stream.experiment_file import read
from tests.pictures import write_pictures


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "pictures", 5)


def test_a_plan_says_what_a_run_would_do_and_cost(cli, pictures: Path, tmp_path: Path) -> None:
    words = ("run", "pictures", "-c", "jpeg@20,80", "--metric", "psnr", "--limit", "4", "--shard", "0/1")
    shown = cli(*words, "--plan", "--save-recon")
    assert shown.returncode == 0, shown.stderr
    told = dict(line.split(": ", 1) for line in shown.stdout.splitlines() if not line.startswith(" ") and ": " in line)
    assert told["dataset"] == "pictures: 4 items, 4 frames" and told["operating points"] == "2: jpeg@20,80"
    assert told["tasks"] == "none" and told["metrics"] == "psnr" and told["out"] == "runs/pictures, where no run is yet"
    assert told["time"].startswith("about ") and "estimated from 4 frames of 000..003 in " in told["time"]
    assert " of rows, and " in told["disk"] and told["disk"].endswith(" are free there")
    assert told["memory"].startswith("at most ") and "missing" not in told
    assert {path.name for path in tmp_path.iterdir()} <= {"pictures", "home"}
    lines = shown.stdout.split("exp.toml:\n")[1]
    (tmp_path / "exp.toml").write_text("\n".join(line.strip() for line in lines.splitlines()))
    again = Experiment(**read(tmp_path / "exp.toml"))
    assert (again.codecs, again.metrics, again.limit, again.save_recon) == (("jpeg@20,80",), ("psnr",), 4, True)
    assert cli(*words).returncode == 0
    assert "where a run is: 4 of 4 items done, whole" in cli(*words, "--plan").stdout


def test_json_is_one_object(cli, pictures: Path) -> None:
    shown = cli("-q", "run", pictures, "-c", "jpeg@20", "--metric", "psnr", "--plan", "--json")
    assert shown.returncode == 0 and shown.stderr == ""
    facts = json.loads(shown.stdout)
    assert (
        facts["items"] == facts["frames"] == 5 and facts["missing"] == [] and facts["points"][0].startswith("jpeg@20")
    )
    assert facts["seconds"] > 0 and facts["calibration"]["rows"] == 5 and facts["most_alive"]["clips"] >= 1
    assert facts["out"] == "runs/pictures" and facts["free_bytes"] > 0


def test_what_is_missing_is_exit_code_2_with_all_commands(cli, tmp_path: Path) -> None:
    shown = cli("run", "kodak", "-c", "ssf2020@1", "--task", "detection", "--metric", "lpips_alex", "--plan")
    assert shown.returncode == 2 and "Traceback" not in shown.stderr
    missing = [line for line in shown.stdout.splitlines() if line.startswith("missing: ")]
    assert "run: ahc-stream data download kodak" in missing[0]
    assert "run: ahc-stream data download ssf2020-1-mse yolov5n lpips-alex" in missing[1]
    assert "dataset: kodak: not here" in shown.stdout and "time: " not in shown.stdout
    facts = json.loads(cli("run", "kodak", "-c", "jpeg@5", "--plan", "--json").stdout)
    assert facts["items"] is None and facts["seconds"] is None and len(facts["missing"]) == 1
    assert "data download kodak" in facts["missing"][0]["todo"]
    assert not (tmp_path / "runs").exists()


def test_a_plan_and_a_profile_are_not_asked_for_at_once(cli, pictures: Path) -> None:
    done = cli("run", pictures, "-c", "jpeg@5", "--plan", "--profile", "2")
    assert done.returncode == 2 and "--plan or --profile" in done.stderr
