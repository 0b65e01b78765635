"""Which starts a commit that cannot be trusted may be of."""

from __future__ import annotations

from pathlib import Path

from ahc_stream.runs.commits import orphans_of, start_numbers, starts_of, write_batch


def test_a_commit_under_a_foreign_name_may_be_of_the_start_in_either(tmp_path: Path) -> None:
    commit = write_batch(tmp_path, 1, 0, {})
    assert starts_of(tmp_path, commit.file) == {1}
    for name, starts in (("0002-000000.json", {1, 2}), ("copy.json", {1})):
        (tmp_path / "commits" / name).write_bytes((tmp_path / commit.file).read_bytes())
        assert starts_of(tmp_path, f"commits/{name}") == starts
    (tmp_path / "commits" / "0003-000000.json").write_text("{")
    assert starts_of(tmp_path, "commits/0003-000000.json") == {3}
    assert starts_of(tmp_path, "commits/absent.json") == set()


def test_only_what_lies_in_folders_of_tables_and_commits_is_a_starts(tmp_path: Path) -> None:
    """A report or a picture may be called as parts are, and a file as a table is."""
    commit = write_batch(tmp_path, 1, 0, {})
    for folder in ("report", "recon"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "0009-000000.json").touch()
    (tmp_path / "labels_seen").touch()
    assert start_numbers(tmp_path) == {1}
    assert list(orphans_of(tmp_path, {commit.file}, live=())) == []
    assert list(orphans_of(tmp_path, (), live=())) == [commit.file]
