"""What a file can be fetched from: a URL, or members of an archive in a package registry."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal
from urllib.parse import unquote, urlsplit

from ahc_stream.core.file_names import readable


@dataclass(frozen=True)
class Url:
    """One file at an https address.

    sha256:  the full hex digest or a prefix of it; None: nobody has published one.
    """

    url: str
    sha256: str | None = None

    @property
    def file(self) -> str:
        """The file's name at the end of the URL."""
        return unquote(PurePosixPath(urlsplit(self.url).path).name)

    def files(self, target: Path) -> dict[Path, str | None]:
        """What `fetch` writes, with the hash of it: the target itself."""
        return {target: self.sha256}


@dataclass(frozen=True)
class Member:
    """One file inside an archive; it lands at `target / to`, so the empty `to` is the target itself."""

    path: str
    sha256: str
    to: str = ""


@dataclass(frozen=True)
class RegistryMember:
    """Files that a package of a registry happens to carry. The package is never installed, imported or run.

    kind:     "pypi" (an sdist or a wheel) or "npm" (a tarball).
    file:     the archive's file name.
    sha256:   of the archive; the members have their own.
    """

    kind: Literal["pypi", "npm"]
    package: str
    version: str
    file: str
    sha256: str
    members: tuple[Member, ...]

    def files(self, target: Path) -> dict[Path, str | None]:
        """What `fetch` writes, with the hash of each."""
        return {target / member.to: member.sha256 for member in self.members}


Source = Url | RegistryMember


@dataclass(frozen=True)
class Finding:
    """One line of `data check`, kept as `readable` has it. A fault is to be mended before a run; the rest is good to
    know."""

    text: str
    is_fault: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "text", readable(self.text))

    def __str__(self) -> str:
        return self.text


def sha256_of(path: Path) -> str:
    """Hex digest of a whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
