"""Which starts a commit that cannot be trusted may be of."""

from __future__ import annotations

from pathlib import Path

from ahc_stream.runs.commits import starts_of, write_batch


def test_a_commit_under_a_foreign_name_may_be_of_the_start_in_either(tmp_path: Path) -> None:
    commit = write_batch(tmp_path, 1, 0, {})
    assert starts_of(tmp_path, commit.file) == {1}
    for name, starts in (("0002-000000.json", {1, 2}), ("copy.json", {1})):
        (tmp_path / "commits" / name).write_bytes((tmp_path / commit.file).read_bytes())
        assert starts_of(tmp_path, f"commits/{name}") == starts
    (tmp_path / "commits" / "0003-000000.json").write_text("{")
    assert starts_of(tmp_path, "commits/0003-000000.json") == {3}
    assert starts_of(tmp_path, "commits/absent.json") == set()
