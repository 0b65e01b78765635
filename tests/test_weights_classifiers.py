"""Weights that nothing brings, and weights of several files."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import store, weights
from ahc_stream.core.errors import MissingData
from ahc_stream.weights.classifiers import HAM10000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path))
    monkeypatch.setenv("AHC_STREAM_PATH", "")
    return tmp_path


def test_weights_that_nothing_brings_say_what_a_person_does(home: Path) -> None:
    place = str(home / "weights" / "densenet201-isic.h5")
    for ask in (weights.find, weights.download):
        with pytest.raises(MissingData) as caught:
            ask("densenet201-isic")
        assert place in caught.value.todo and "train_lesion.py" in caught.value.todo
    (finding,) = weights.check("densenet201-isic")
    assert finding.is_fault and place in finding.text


def test_what_brings_several_weights_is_told_in_one_sentence(home: Path) -> None:
    told = weights.todo(["yolov5n", "densenet201-isic", "yolov5s"])
    assert told.startswith("run: ahc-stream data download yolov5n yolov5s; and for ")


def test_a_file_of_ones_own_takes_the_place(home: Path) -> None:
    (home / "weights").mkdir()
    (home / "weights" / "densenet201-isic.h5").touch()
    assert weights.download("densenet201-isic") == weights.find("densenet201-isic")
    assert weights.missing(["densenet201-isic"]) == ()


def test_a_model_of_several_files_is_fetched_into_their_folder(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(source: store.Source, target: Path, progress: object) -> Path:
        for path in source.files(target):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(path.name)
        return target

    monkeypatch.setattr(store, "fetch", fetch)
    path = weights.download("mobilenet_v2-ham10000")
    assert path == home / "weights" / "mobilenet_v2-ham10000" / "model.json" == weights.find("mobilenet_v2-ham10000")
    assert {each.name for each in path.parent.iterdir()} == HAM10000.keys() and [*HAM10000][-1] == "model.json"


def test_the_hash_of_a_model_json_covers_its_shards(tmp_path: Path) -> None:
    for name, content in (("model.json", b"{}"), ("b.bin", b"b"), ("a.bin", b"a"), ("note.txt", b"")):
        (tmp_path / name).write_bytes(content)
    before = weights.sha256(tmp_path / "model.json")
    (tmp_path / "note.txt").write_bytes(b"other")
    assert weights.sha256(tmp_path / "model.json") == before
    (tmp_path / "a.bin").write_bytes(b"other")
    assert weights.sha256(tmp_path / "model.json") != before


def test_the_real_ham10000_files_are_the_tables_and_know_a_nevus() -> None:
    if weights.missing(["mobilenet_v2-ham10000"]):
        pytest.skip("not here: ahc-stream data download mobilenet_v2-ham10000")  # a fresh machine has no weights
    assert weights.check("mobilenet_v2-ham10000") == []
