"""The command line as a user meets it: output, messages and exit codes of real processes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pictures import write_pictures

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    return write_pictures(tmp_path / "pictures", 3)


def test_help_names_the_commands_and_the_exit_codes(cli) -> None:
    shown = cli("--help")
    assert shown.returncode == 0
    for word in ("run", "report", "data", "list", "doctor", "130"):
        assert word in shown.stdout


def test_a_run_and_its_report(cli, pictures: Path, tmp_path: Path) -> None:
    ran = cli("run", pictures, "--codec", "jpeg@20,80", "--out", tmp_path / "out", "--device", "cpu")
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("6 frames, ") and "decoded by images" in ran.stdout
    again = cli("run", pictures, "--codec", "jpeg@20,80", "--out", tmp_path / "out", "--device", "cpu")
    assert again.returncode == 0 and "every row was there already" in again.stdout
    shown = cli("report", tmp_path / "out")
    assert shown.returncode == 0 and "jpeg" in shown.stdout and "psnr" in shown.stdout
    rows = [json.loads(line) for line in cli("report", tmp_path / "out", "--json").stdout.splitlines()]
    assert [row["quality"] for row in rows] == [20.0, 80.0] and rows[0]["bpp"] < rows[1]["bpp"]


def test_json_ends_a_run_for_a_script(cli, pictures: Path, tmp_path: Path) -> None:
    ran = cli("run", pictures, "-c", "jpeg@50", "--out", tmp_path / "out", "--json", "--metric", "psnr")
    facts = json.loads(ran.stdout)
    assert facts["frames"] == 3 and facts["failures"] == 0 and facts["loads"]["codec"]["items"] >= 1


def test_the_default_folder_is_runs_and_the_dataset(cli, pictures: Path, tmp_path: Path) -> None:
    assert cli("run", pictures, "-c", "jpeg@50", "--metric", "psnr").returncode == 0
    assert (tmp_path / "runs" / "pictures" / "manifest.json").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "kodak", "-c", "jpgg@5"), "Did you mean 'jpeg'"),
        (("run", "nowhere/at/all", "-c", "jpeg@5"), "nowhere/at/all"),
        (("run", "kodak", "-c", "jpeg@5"), "ahc-stream data download kodak"),
        (("run", "kodak"), "--codec"),
        (("run", "kodak", "-c", "jpeg", "--shard", "x"), "I/N"),
        (("report", "nowhere"), "nowhere"),
        (("compare", "nowhere", "neither"), "nowhere"),
        (("inspect", "nowhere.ahc"), "nowhere.ahc"),
        (("list", "codec"), "Did you mean 'codecs'"),
        (("data", "path", "yolov5n"), "ahc-stream data download yolov5n"),
    ],
)
def test_bad_input_is_one_line_with_what_to_do(cli, words: tuple[str, ...], says: str) -> None:
    done = cli(*words)
    assert done.returncode == 2 and says in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_a_broken_picture_is_exit_code_3_and_its_neighbours_have_rows(cli, pictures: Path, tmp_path: Path) -> None:
    (pictures / "001.png").write_bytes((pictures / "001.png").read_bytes()[:200])
    done = cli("run", pictures, "-c", "jpeg@50", "--out", tmp_path / "out", "--metric", "psnr")
    assert done.returncode == 3 and "001.png" in done.stderr
    assert "1 failure" in cli("report", tmp_path / "out").stdout


@pytest.mark.parametrize("what", ["codecs", "datasets", "metrics", "sources", "tasks"])
def test_lists_tell_names_options_and_defaults(cli, what: str) -> None:
    shown = cli("list", what)
    assert shown.returncode == 0 and len(shown.stdout.splitlines()) > 0
    expected = {
        "codecs": "preset=medium",
        "datasets": "mot17-mini",
        "metrics": "ms_ssim",
        "sources": "pyav",
        "tasks": "model=yolov5n",
    }
    assert expected[what] in shown.stdout


def test_data_list_is_json_for_a_script(cli) -> None:
    rows = [json.loads(line) for line in cli("data", "list", "--json").stdout.splitlines()]
    names = {(row["kind"], row["name"]): row["here"] for row in rows}
    assert names["dataset", "kodak"] is False and names["weight", "yolov5n"] is False


def test_data_check_says_what_is_missing_with_exit_code_2(cli) -> None:
    done = cli("data", "check", "kodak")
    assert done.returncode == 2 and "datasets/kodak" in done.stdout


def test_the_doctor_tries_every_traditional_codec(cli) -> None:
    findings = {f["what"]: f for f in map(json.loads, cli("doctor", "--json").stdout.splitlines())}
    assert (
        findings["compiled extension"]["works"] and findings["codec jpeg"]["works"] and findings["codec h264"]["works"]
    )
    assert "mbt2018-mean-lite-1-mse" in findings["weights"]["seen"] and "yolov5n" not in findings["weights"]["seen"]


def test_weights_say_where_they_come_from_and_which_are_here(cli) -> None:
    rows = {row["name"]: row for row in map(json.loads, cli("weights", "list", "--json").stdout.splitlines())}
    assert rows["yolov5n"]["from"] == "pypi: process-metrics 0.1.0" and not rows["yolov5n"]["here"]
    assert rows["cheng2020-anchor-4-mse"]["from"].startswith("https://")
    here = {row["name"] for row in map(json.loads, cli("weights", "list", "--here", "--json").stdout.splitlines())}
    assert here == {name for name, row in rows.items() if row["from"] == "this package"} != set()


def test_weights_path_is_a_file_or_an_error_with_the_command_that_brings_it(cli) -> None:
    known = cli("weights", "path", "mbt2018-mean-lite-1-mse")
    assert known.returncode == 0 and Path(known.stdout.strip()).is_file()
    missing = cli("weights", "path", "yolov5n")
    assert missing.returncode == 2 and "ahc-stream data download yolov5n" in missing.stderr


def test_a_run_says_whether_every_item_failed_or_some_or_nothing_was_missing(cli, tmp_path: Path) -> None:
    """Where every item failed it said that nothing was missing."""
    pictures = write_pictures(tmp_path / "pictures", 2)
    good = (pictures / "000.png").read_bytes()
    for name in ("000.png", "001.png"):
        (pictures / name).write_bytes(good[:100])
    words = ("run", pictures, "-c", "jpeg@50", "--metric", "psnr", "--out", "out")
    none_left = cli(*words)
    assert none_left.returncode == 3 and none_left.stdout.startswith("every item failed; the first: ")
    for options in ((), ("--no-html",), ("--json",)):
        shown = cli("report", "out", *options)
        assert "every item failed" in shown.stdout + shown.stderr
    (pictures / "000.png").write_bytes(good)
    some = cli(*words)
    assert some.returncode == 3 and "1 of 2 items failed; the first: " in some.stdout and "1 frame, " in some.stdout
    again = cli(*words)
    assert again.returncode == 3 and again.stdout.startswith("1 of 2 items failed; the first: ")
    (pictures / "001.png").write_bytes(good)
    assert cli(*words).returncode == 0
    whole = cli(*words)
    assert whole.returncode == 0 and whole.stdout.startswith("nothing was missing")


def test_a_shard_without_items_says_so(cli, pictures: Path) -> None:
    done = cli("run", pictures, "-c", "jpeg@50", "--metric", "psnr", "--out", "out", "--shard", "5/9")
    assert done.returncode == 0 and "shard 5/9 of pictures has no items" in done.stdout


def test_names_in_brackets_and_colons_are_shown_as_they_are(cli, tmp_path: Path) -> None:
    """Rich's markup takes `[bold]` for a style and `:smile:` for an emoji."""
    folder = write_pictures(tmp_path / "a [bold] :smile: b", 1)
    ran = cli("run", folder, "-c", "jpeg@50", "--metric", "psnr", "--out", "out [red]")
    assert ran.returncode == 0, ran.stderr
    assert "a [bold] :smile: b: 1 item, 1 operating point" in ran.stderr and "out [red]" in ran.stdout
    assert "a [bold] :smile: b.ahc" in cli("encode", folder, "-o", "a [bold] :smile: b.ahc", "-c", "jpeg@50").stdout
