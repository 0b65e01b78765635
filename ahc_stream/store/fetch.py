"""One way to bring a file here, whatever it is fetched from."""

from __future__ import annotations

from pathlib import Path

from ahc_stream.store.download import fetch_url
from ahc_stream.store.progress import Progress
from ahc_stream.store.registry import fetch_members
from ahc_stream.store.sources import Source, Url


def fetch(source: Source, target: Path, progress: Progress | None = None) -> Path:
    """Brings the source's files to `target` and returns it; files that are there already stay as they are.

    Each file is checked against its SHA-256 under another name and renamed last, so what bears its final name is
    whole. A stopped download of a file with a known hash goes on where it stopped. Without `progress`, a bar is shown
    where stderr is a terminal. Raises DownloadError (network, offline, no https, too large, too slow, wrong hash) and
    StorageError (disk).

    Environment: AHC_STREAM_OFFLINE=1 refuses the network, and every file whose hash nobody has published;
    AHC_STREAM_MIRROR, a URL or a folder, is asked first for `<mirror>/<file name>`, an archive by the archive's name.
    """
    if all(path.is_file() for path in source.files(target)):
        return target
    if isinstance(source, Url):
        fetch_url(source, target, progress)
    else:
        fetch_members(source, target, progress)
    return target
