"""A release is refused for each thing that is wrong with it, and tagged only when it is built and whole."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.tools.loading import load_tool

release = load_tool("release")
CHANGELOG = (
    "# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 2027-01-31\n\n### Added\n\n- A thing.\n\n## [0.1.0] - unreleased\n"
)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A committed tree that is ready to be 0.2.0."""
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "0.2.0"\n')
    (tmp_path / "CITATION.cff").write_text("version: 0.2.0\n")
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    commands = (
        ["init", "--quiet"],
        ["add", "."],
        ["-c", "user.name=n", "-c", "user.email=", "commit", "--quiet", "-m", "All"],
    )
    for words in commands:
        subprocess.run(["git", *words], cwd=tmp_path, check=True)
    return tmp_path


def test_a_tree_that_is_ready_has_no_fault(tree: Path):
    assert list(release.faults("0.2.0", tree)) == []


def test_each_file_that_names_another_version_is_a_fault(tree: Path):
    found = list(release.faults("0.3.0", tree))

    assert [next(file for file in ("pyproject", "CITATION", "CHANGELOG") if file in fault) for fault in found] == [
        "pyproject",
        "CITATION",
        "CHANGELOG",
    ]


def test_what_is_not_committed_is_a_fault(tree: Path):
    (tree / "new.txt").write_text("x")

    assert ["new.txt" in fault for fault in release.faults("0.2.0", tree)] == [True]


def test_a_tag_is_given_once(tree: Path):
    subprocess.run(["git", "tag", "v0.2.0"], cwd=tree, check=True)

    assert ["v0.2.0" in fault for fault in release.faults("0.2.0", tree)] == [True]


@pytest.mark.parametrize("version", ["v0.2.0", "0.2.0-rc1", "next", ""])
def test_a_version_is_written_in_its_normal_form(version: str):
    assert len(list(release.faults_of_version(version))) == 1


def test_an_entry_has_a_day_and_something_in_it():
    assert "- A thing." in release.section(CHANGELOG, "0.2.0")
    assert release.section(CHANGELOG, "0.1.0") is None
    assert release.section("## [1.0.0] - 2027-01-01\n\n## [0.9.0] - 2026-01-01\n\nx\n", "1.0.0").strip() == ""
