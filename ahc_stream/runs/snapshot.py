"""What a run's folder says of itself at one moment, with no row read."""

from __future__ import annotations

from ahc_stream.runs import manifest
from ahc_stream.runs.commits import Commit, check_known, read_commits
from ahc_stream.store.folders import Folder


def snapshot(folder: Folder) -> tuple[manifest.Manifest, tuple[Commit, ...]]:
    """The manifest, and the commits of the starts that it knows. Raises StorageError where `folder` holds no run, and
    where a commit is of a start that the manifest does not know."""
    manifest.read(folder)  # a folder of another format says so, whatever its commits look like
    commits = tuple(read_commits(folder))  # before the manifest that counts: a start is in it before it commits
    known = manifest.read(folder)
    check_known(folder, commits, manifest.start_ids(known))
    return known, commits
