"""What files may say, in which words, and what they are told otherwise."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ahc_stream.core.errors import AhcStreamError, InvalidValue, MissingData, UnknownName
from ahc_stream.experiment_file import FIELDS, SPELLINGS, is_experiment_file, read

WRONG: dict[str, list[str]] = {
    "a text": ["5", "true", '["a"]', "1979-05-27"],
    "a path, as a text": ["5", "false", '["a"]', '""'],
    "true or false": ["1", '"true"', "[]"],
    "a whole number": ['"5"', "5.0", "true", "[5]"],
    "a number": ['"5"', "true", "[5.0]"],
    "A:B, as a text": ['"a:b"', "5", "[1]", '["1", "2"]', "[1, 2, 3]", "true", '":"'],
    "I/N, as a text": ['"1"', "1", "[1]", '"1/2/3"', '["1", "2"]', '"a/b"'],
    "a list of texts": ["5", "[5]", '[["a"]]', "true"],
}
"""What a kind of field takes -> what is none of it, as TOML."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "exp.toml"


def test_keys_are_fields_and_the_words_of_the_command_line(file: Path) -> None:
    file.write_text('dataset = "kodak"\ncodec = "jpeg@5"\ntask = []\nmetric = ["psnr"]\nas = "files"\nclip-frames = 3')
    expected = {"dataset": "kodak", "codecs": ("jpeg@5",), "tasks": (), "metrics": ("psnr",)}
    assert read(file) == expected | {"read_as": "files", "clip_frames": 3}


@pytest.mark.parametrize(
    ("text", "frames"), [('"3:7"', (3, 7)), ('"3:"', (3, None)), ('":7"', (0, 7)), ('"3"', (3, 4)), ("[3, 7]", (3, 7))]
)
def test_frames_are_as_the_command_line_has_them(file: Path, text: str, frames: tuple[int, int | None]) -> None:
    file.write_text(f"frames = {text}\nshard = '1/4'")
    assert read(file) == {"frames": frames, "shard": (1, 4)}


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_of_another_kind_is_named_with_what_is_expected(file: Path, name: str) -> None:
    kind = FIELDS[name]
    assert kind.takes in WRONG
    for text in WRONG[kind.takes]:
        file.write_text(f"{name} = {text}")
        with pytest.raises(InvalidValue) as refusal:
            read(file)
        assert f"expected {name} as {kind.takes} in {file}; got " in str(refusal.value)


@pytest.mark.parametrize(
    ("text", "error", "says"),
    [
        ('codcs = ["jpeg"]', UnknownName, "did you mean 'codecs'"),
        ("max-failure = 3", UnknownName, "did you mean 'max_failures'"),
        ("zzz = 3", UnknownName, "ahc-stream run --help"),
        ('codecs = ["jpeg"]\ncodec = "jpeg"', InvalidValue, "codecs once"),
        ("dataset kodak", InvalidValue, "line 1"),
        ('dataset = "a"\ndataset = "b"', InvalidValue, "expected TOML"),
        ("[one]\na = 1\n[two]\nb = 2", InvalidValue, "[one], [two]"),
        ("dataset.name = 'kodak'", InvalidValue, "[dataset]"),
        ('dataset = "kodac"', UnknownName, "did you mean 'kodak'"),
    ],
)
def test_what_is_wrong_is_said_with_the_file(file: Path, text: str, error: type[AhcStreamError], says: str) -> None:
    file.write_text(text)
    with pytest.raises(error) as refusal:
        read(file)
    message = str(refusal.value)
    assert says.lower() in message.lower()
    assert str(file) in message or "kodac" in text


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "bytes.toml").write_bytes(b'dataset = "\xff"')
    (tmp_path / "other.json").write_text("{}")
    for name, error, says in (
        ("folder.toml", InvalidValue, "a folder"),
        ("bytes.toml", InvalidValue, "TOML"),
        ("other.json", InvalidValue, "another file"),
        ("nowhere.toml", MissingData, "no such file"),
        ("a" * 300 + ".toml", InvalidValue, "name too long"),
    ):
        with pytest.raises(error, match=f"(?i){says}"):
            read(tmp_path / name)


def manifest(path: Path, folder: Path | None = None, **experiment: Any) -> Path:
    """A manifest with this block, as the latest start in `folder` wrote it."""
    starts = [{"id": 1}, {"id": 2} | ({} if folder is None else {"folder": str(folder)})]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"format": 3, "experiment": experiment, "starts": starts}))
    return path


def test_a_manifest_goes_on_in_its_own_folder_with_paths_of_where_it_ran(tmp_path: Path) -> None:
    here = tmp_path / "here"
    path = manifest(tmp_path / "out" / "manifest.json", here, dataset="data/a", codecs=["jpeg"], out="out", limit=None)
    assert read(path) == {"dataset": f"{here}/data/a", "codecs": ("jpeg",), "out": tmp_path / "out"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert read(Path("out/manifest.json")) == read(path)  # wherever the command runs, and not where the start ran
    moved = manifest(tmp_path / "moved" / "manifest.json", dataset="../data/a", codecs=["jpeg"])
    assert read(moved, besides=["out"])["dataset"] == f"{tmp_path}/moved/../data/a"


@pytest.mark.parametrize("name", ["codecs", "tasks", "metrics"])
@pytest.mark.parametrize(
    "code",
    ["a.py:Name", "some/a.py:Name@1,2", "pkg.module:Name", "module:Name@3", "exec:vtm.toml@22", "a.py:N:x=1"],
)
def test_code_in_a_manifest_is_refused_unless_somebody_names_it(tmp_path: Path, name: str, code: str) -> None:
    values = {"codecs": ["jpeg"]} | {name: [code]}
    path = manifest(tmp_path / "manifest.json", dataset="kodak", **values)
    with pytest.raises(InvalidValue, match="code is run because you name it") as refusal:
        read(path)
    assert code in str(refusal.value)
    assert name not in read(path, besides=[name])
    toml = tmp_path / "exp.toml"
    toml.write_text(f'{name} = ["{code}"]')
    assert len(read(toml)[name]) == 1


@pytest.mark.parametrize(
    "text",
    ["h264@23:preset=fast", "ffmpeg:mpeg4@3", "compressai:elic2022", "detection:model=a.pt:size=3", "psnr", "jpeg:a=b"],
)
def test_names_of_tables_in_a_manifest_are_no_code(tmp_path: Path, text: str) -> None:
    path = manifest(tmp_path / "manifest.json", dataset="kodak", codecs=[text], tasks=[text])
    assert read(path)["codecs"] == (text,)


def test_which_files_are_experiments(tmp_path: Path) -> None:
    labels = tmp_path / "labels" / "manifest.json"
    labels.parent.mkdir()
    labels.write_text('{"images": []}')
    assert is_experiment_file(manifest(tmp_path / "manifest.json", dataset="kodak"))
    assert is_experiment_file(tmp_path / "EXP.TOML")
    assert not any(map(is_experiment_file, (labels, tmp_path, Path("kodak"), Path("a\0b"), Path("film.mkv#1"))))


def test_spellings_are_those_of_the_command_line() -> None:
    from typer.main import get_command

    from ahc_stream.cli import app

    command = get_command(app).commands["run"]
    flags = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
    for name in FIELDS:
        spelled = next((key for key, field in SPELLINGS.items() if field == name), name)
        assert f"--{spelled.replace('_', '-')}" in flags | {"--dataset"}, name
