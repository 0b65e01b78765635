"""Packages of an extra, by the metadata of this package."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from ahc_stream.core import extras
from ahc_stream.tasks import TASKS

EXTRAS = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]["optional-dependencies"]


def test_all_of_them_are_here_or_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    for extra, lines in EXTRAS.items():
        packages = {Requirement(line).name for line in lines} - {"ahc-stream"}
        assert packages <= set(extras.lacking(extra)), extra
    assert set(extras.lacking("detection")) < set(extras.lacking("tracking"))
    assert extras.lacking("") == () and extras.lacking("no-such-extra") == ()
    error = extras.missing_extra("edges")
    assert error is not None and "h5py" in str(error) and "pip install 'ahc-stream[edges]'" in str(error)


def test_each_package_is_imported_by_the_name_that_is_looked_for() -> None:
    """In the environment of the tests, which has every extra."""
    for entry in TASKS.values():
        assert extras.lacking(entry.extra) == (), entry.extra
        assert extras.missing_extra(entry.extra) is None


def test_a_module_of_a_package_that_is_not_there_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(extras.MODULES, "h5py", "nowhere_at_all.dali")
    assert extras.lacking("edges") == ("h5py",)
