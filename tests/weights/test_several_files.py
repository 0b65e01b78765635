"""Weights that nothing brings, and weights of several files."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from ahc_stream import store, weights
from ahc_stream.core.errors import MediaError, MissingData
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


def model_json(folder: Path, *groups: list[str]) -> Path:
    manifest = [{"paths": paths, "weights": []} for paths in groups]
    (folder / "model.json").write_text(json.dumps({"modelTopology": {}, "weightsManifest": manifest}))
    return folder / "model.json"


def test_the_hash_of_a_model_json_covers_the_shards_that_it_names(tmp_path: Path) -> None:
    model = model_json(tmp_path, ["b.bin", "c.weights"], ["a.bin"])
    for name in ("b.bin", "a.bin", "c.weights", "other.bin"):
        (tmp_path / name).write_text(name)
    before = weights.sha256(model)
    (tmp_path / "other.bin").write_text("changed")
    assert weights.sha256(model) == before
    for name in ("a.bin", "c.weights"):
        (tmp_path / name).write_text("changed")
        assert weights.sha256(model) != before
        (tmp_path / name).write_text(name)


def test_the_hash_is_that_of_the_digests_in_the_order_of_names(tmp_path: Path) -> None:
    """What manifests of runs and the table have recorded must not change."""
    model = model_json(tmp_path, ["b.bin", "a.bin"])
    for name in ("a.bin", "b.bin"):
        (tmp_path / name).write_text(name)
    digests = "".join(store.sha256_of(tmp_path / name) for name in ("model.json", "a.bin", "b.bin"))
    assert weights.sha256(model) == hashlib.sha256(digests.encode()).hexdigest()


def test_a_model_json_without_a_shard_or_a_manifest_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"no a\.bin, b\.bin"):
        weights.sha256(model_json(tmp_path, ["b.bin", "a.bin"]))
    for content in ("no json", "[]", "{}", '{"weightsManifest": [1]}', '{"weightsManifest": [{"paths": [1]}]}'):
        (tmp_path / "model.json").write_text(content)
        with pytest.raises(MediaError, match="a layers model of TensorFlow"):
            weights.sha256(tmp_path / "model.json")


def test_the_real_ham10000_files_are_the_tables_and_know_a_nevus() -> None:
    if weights.missing(["mobilenet_v2-ham10000"]):
        pytest.skip("not here: ahc-stream data download mobilenet_v2-ham10000")  # a fresh machine has no weights
    assert weights.check("mobilenet_v2-ham10000") == []
