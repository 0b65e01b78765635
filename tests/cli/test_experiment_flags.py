"""ahc-stream run exp.toml, and a manifest in its place: what is given overrides what the file says."""

from __future__ import annotations

import inspect
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from ahc_stream import runs
from ahc_stream.cli import app
from ahc_stream.cli.experiment_flags import experiment_of
from ahc_stream.cli.run import run
from ahc_stream.core.errors import AhcStreamError, InvalidValue
from ahc_stream.experiment import Experiment
from ahc_stream.experiment_file import SPELLINGS
from tests.pictures import write_pictures

SETTINGS = """
dataset = "pictures"
codecs = ["jpeg@20"]
metrics = ["psnr"]
out = "tables"
limit = 2
depth = 3
"""
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
NO_FIELDS = {"no_task", "from_file", "profile_items", "plan", "track", "as_json", "context"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """exp.toml beside three pictures."""
    write_pictures(tmp_path / "lab" / "pictures", 3)
    path = tmp_path / "lab" / "exp.toml"
    path.write_text(SETTINGS)
    return path


def call(*words: object) -> Result:
    return CliRunner().invoke(app, ["run", *map(str, words)])


def rows(out: Path) -> set[tuple[str, float]]:
    return {(row["item"], row["quality"]) for row in runs.open(out).frames.to_pylist()}


def block(out: Path) -> dict[str, Any]:
    return json.loads((out / "manifest.json").read_text())["experiment"]


def test_each_parameter_of_the_command_is_a_field_with_the_default_of_the_field() -> None:
    parameters = {name: each.default for name, each in inspect.signature(run).parameters.items()}
    own = {name: default for name, default in parameters.items() if name not in NO_FIELDS}
    assert {SPELLINGS.get(name, name) for name in own} == {field.name for field in fields(Experiment)}
    for name, default in own.items():
        held = getattr(Experiment, SPELLINGS.get(name, name), None)
        assert default in (None, held) or (name, default, held) == ("shard", "0/1", (0, 1)), name


def test_a_file_is_run_from_anywhere_and_its_paths_are_beside_it(file: Path, cli) -> None:
    done = cli("run", file, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert rows(file.parent / "tables") == {("000", 20.0), ("001", 20.0)}
    assert block(file.parent / "tables") | {"depth": 3, "limit": 2, "device": "cpu"} == block(file.parent / "tables")


def test_what_is_given_overrides_the_file_and_be_it_a_default(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file.write_text(f"{SETTINGS}max_pixels = 5\n")
    given = ("--codec", "jpeg@50,90", "--limit", "1", "--depth", "2", "--out", "mine", "--max-pixels", "100000000")
    assert call(file, *given).exit_code == 0
    assert rows(Path("mine")) == {("000", 50.0), ("000", 90.0)}
    assert block(Path("mine"))["depth"] == 2 and not (file.parent / "tables").exists()


def test_another_dataset_is_run_with_the_settings_of_a_file(file: Path, tmp_path: Path) -> None:
    other = write_pictures(tmp_path / "other", 1)
    assert call(other, "--from", file).exit_code == 0
    assert rows(file.parent / "tables") == {("000", 20.0)}
    with pytest.raises(InvalidValue, match="one experiment"):
        experiment_of({"dataset": str(file)}, file)


def test_flags_of_truth_values_are_overridden_both_ways(file: Path) -> None:
    file.write_text(f"{SETTINGS}verify = true\nsave_recon = true\nisolate = true\nclean = false\ntasks = ['edges']\n")
    asked = experiment_of({}, file)
    assert (asked.verify, asked.save_recon, asked.isolate, asked.clean, asked.tasks) == (*[True] * 3, False, ("edges",))
    flags = ("--no-verify", "--no-save-recon", "--no-isolate", "--clean", "--no-task", "--device", "cpu")
    assert call(file, *flags).exit_code == 0
    said = block(file.parent / "tables")
    assert [said[name] for name in ("verify", "save_recon", "isolate", "clean", "tasks")] == [*[False] * 3, True, []]


def test_a_run_is_repeated_elsewhere_from_its_manifest_and_goes_on_without_a_folder(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    first = call("pictures", "-c", "jpeg@20", "--metric", "psnr", "--limit", "2", "--out", "one")
    assert first.exit_code == 0
    monkeypatch.chdir(tmp_path)
    manifest = file.parent / "one" / "manifest.json"
    assert call(manifest, "--out", "again").exit_code == 0
    one, again = runs.open(file.parent / "one"), runs.open(tmp_path / "again")
    assert one.frames.drop_columns("start").equals(again.frames.drop_columns("start"))
    assert one.manifest["metrics"] == again.manifest["metrics"] and one.fingerprint == again.fingerprint
    more = call("--from", manifest, "--limit", "3")
    assert more.exit_code == 0 and "1 frame, " in more.stdout
    assert rows(file.parent / "one") == {(item, 20.0) for item in ("000", "001", "002")}


def test_code_beside_a_file_is_run_and_code_in_a_manifest_once_somebody_names_it(file: Path, cli) -> None:
    """The codec of the examples, in a process of its own: modules stay loaded."""
    code = file.parent / "my_codec.py"
    code.write_text((EXAMPLES / "own_codec.py").read_text())
    file.write_text(SETTINGS.replace("jpeg@20", "my_codec.py:HighBits@2"))
    out = file.parent / "tables"
    assert cli("run", file).returncode == 0
    assert rows(out) == {("000", 2.0), ("001", 2.0)}
    refused = cli("run", out / "manifest.json", "--limit", "3")
    assert refused.returncode == 2 and "code is run because you name it" in refused.stderr
    named = cli("run", out / "manifest.json", "--limit", "3", "--codec", f"{code}:HighBits@2")
    assert named.returncode == 0 and named.stdout.startswith("1 frame, "), named.stderr


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("codcs = ['jpeg']", "did you mean 'codecs'"),
        ("dataset", "TOML in"),
        ("[a]\nx = 1\n[b]\ny = 2", "[a], [b]"),
        ("limit = 'two'", "limit as a whole number in"),
        ("codecs = ['jpgg@5']\ndataset = 'kodak'", "'jpeg'"),
        ("codecs = ['jpeg@5']", "write dataset = "),
        ("dataset = 'kodak'", "at least one --codec"),
        ("dataset = 'kodak'\ncodecs = []", "at least one --codec"),
        ("depth = 0\ndataset = 'kodak'\ncodecs = ['jpeg']", "depth of at least 1"),
        ("shard = '2/2'\ndataset = 'kodak'\ncodecs = ['jpeg']", "0 <= i < n"),
    ],
)
def test_a_bad_file_is_one_line_before_any_work(cli, tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "exp.toml").write_text(text)
    done = cli("run", "exp.toml")
    assert done.returncode == 2 and says.lower() in done.stderr.lower() and not done.stdout
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert {path.name for path in tmp_path.iterdir()} <= {"exp.toml", "home"}


def test_a_folder_in_the_place_of_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "exp.toml").mkdir()
    with pytest.raises(AhcStreamError, match="a folder"):
        experiment_of({"dataset": str(tmp_path / "exp.toml")}, None)


def test_the_default_folder_is_called_after_the_file(file: Path) -> None:
    file.write_text("dataset = 'kodak'\ncodecs = ['jpeg']")
    assert experiment_of({}, file).out == Path("runs/exp")
    assert experiment_of({"dataset": str(file)}, None).out == Path("runs/exp")
    assert experiment_of({"dataset": "kodak", "codec": ["jpeg"]}, None).out == Path("runs/kodak")
