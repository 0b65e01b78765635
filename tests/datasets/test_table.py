"""Datasets by name: load, path, check, download, and what each says when something is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ahc_stream import datasets, store
from ahc_stream.core.errors import DownloadError, MissingData, UnknownName
from ahc_stream.datasets import kodak, mot17_mini
from tests.conftest import real


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("AHC_STREAM_PATH", "AHC_STREAM_MIRROR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AHC_STREAM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("AHC_STREAM_OFFLINE", "1")
    return tmp_path / "home"


def put_kodak(root: Path, *names: str) -> Path:
    folder = root / "datasets" / "kodak"
    folder.mkdir(parents=True)
    for name in names:
        (folder / f"{name}.png").write_bytes(b"")
    return folder


def test_every_entry_says_what_it_is_and_how_it_comes() -> None:
    for row in datasets.DATASETS.values():
        assert row.description and row.licence and row.folder
        assert sum((bool(row.sources), row.make is not None, bool(row.where))) == 1


def test_every_file_of_a_table_source_is_pinned() -> None:
    for row in datasets.DATASETS.values():
        for source in row.sources.values():
            assert all(len(sha256 or "") == 64 for sha256 in source.files(Path()).values())


@pytest.mark.parametrize("ask", [datasets.load, datasets.path, datasets.check, datasets.download])
def test_an_unknown_name_gets_the_nearest(ask: object) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'mot17-mini'"):
        ask("mot17_mini")  # type: ignore[operator]


def test_a_path_that_is_not_there_is_missing_data(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="nothing at"):
        datasets.load(tmp_path / "none")


def test_a_missing_dataset_names_the_roots_and_the_command(own_home: Path) -> None:
    with pytest.raises(MissingData) as caught:
        datasets.load("mot17-mini")
    assert str(own_home) in str(caught.value)
    assert caught.value.todo == "run: ahc-stream data download mot17-mini"
    (finding,) = datasets.check("mot17-mini")
    assert finding.is_fault and str(own_home) in str(finding)


def test_a_dataset_that_must_be_fetched_by_hand_says_where() -> None:
    with pytest.raises(MissingData, match=r"MOT17\.zip"):
        datasets.path("mot17")
    with pytest.raises(MissingData, match=r"MOT17\.zip"):
        datasets.download("mot17")


def test_an_incomplete_copy_is_named_with_what_it_lacks(own_home: Path) -> None:
    put_kodak(own_home, *(name for name in kodak.SHA256 if name != "kodim07"))
    (finding,) = datasets.check("kodak")
    assert "lacks kodim07.png" in str(finding)
    with pytest.raises(MissingData, match=r"lacks kodim07\.png"):
        datasets.load("kodak")
    with pytest.raises(MissingData, match=r"lacks kodim07\.png"):
        datasets.load("kodak", own_home / "datasets" / "kodak")


def test_many_missing_files_are_counted_instead_of_listed(own_home: Path) -> None:
    put_kodak(own_home, "kodim01")
    assert "kodim06.png and 18 more" in str(datasets.check("kodak")[0])


def test_a_whole_copy_in_a_later_root_beats_a_part_in_home(
    own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_kodak(own_home, "kodim01")
    whole = put_kodak(tmp_path / "shared", *kodak.SHA256)
    monkeypatch.setenv("AHC_STREAM_PATH", os.pathsep.join([str(tmp_path / "none"), str(tmp_path / "shared")]))
    assert datasets.path("kodak") == whole == datasets.download("kodak")


def test_files_of_another_hash_are_pointed_out_but_are_no_fault(own_home: Path) -> None:
    put_kodak(own_home, *kodak.SHA256)
    findings = datasets.check("kodak")
    assert len(findings) == 24 and not any(finding.is_fault for finding in findings)


def test_a_download_fetches_what_is_lacking_only(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_kodak(own_home, *(name for name in kodak.SHA256 if name != "kodim07"))
    with pytest.raises(DownloadError, match=r"kodim07\.png from the network"):
        datasets.download("kodak")


def test_the_sample_is_no_fault_before_it_is_made() -> None:
    (finding,) = datasets.check("sample")
    assert not finding.is_fault


def test_the_minis_files_are_members_of_one_archive() -> None:
    assert {member.path.partition("/")[0] for member in mot17_mini.SOURCE.members} == {"boxmot-19.0.0"}
    assert sum(member.to.endswith(".jpg") for member in mot17_mini.SOURCE.members) == 12


def test_the_real_kodak_is_whole_and_is_the_pinned_one(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = real("datasets/kodak")
    monkeypatch.setenv("AHC_STREAM_PATH", str(folder.parents[1]))
    assert datasets.check("kodak") == []
    dataset = datasets.load("kodak")
    names = [name for item in dataset.items for name in item.names]
    assert names == [f"kodim{number:02d}" for number in range(1, 25)]
    assert len(dataset.items) == 3 and dataset.tasks == ()


def test_the_real_mini_comes_out_of_the_registry(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AHC_STREAM_OFFLINE")
    try:
        folder = datasets.download("mot17-mini", lambda here, total: None)
    except DownloadError as error:
        if error.__cause__ is None:
            raise  # it came, but was not what it should be
        pytest.skip(f"no package index can be reached: {error}")  # a machine without network
    assert folder == store.home() / "datasets" / "mot17-mini"
    assert datasets.check("mot17-mini") == []
    assert {item.name: len(item.paths) for item in datasets.load("mot17-mini").items} == {
        "MOT17-02-FRCNN": 4,
        "MOT17-04-FRCNN": 8,
    }
