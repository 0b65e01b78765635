"""One row of the table of weights."""

from __future__ import annotations

from dataclasses import dataclass

from ahc_stream.store import RegistryMember, Source


@dataclass(frozen=True)
class Weight:
    """One checkpoint.

    file:    its path under a root.
    source:  None for weights that are part of this package, and for those that nothing brings (`where`).
    sha256:  a full digest, or a prefix of one; None: unverified, nobody has published one. Such a file is fetched from
             its publisher's https address alone, and never offline.
    where:   what a person does to have them, where nothing brings them.
    """

    name: str
    file: str
    source: Source | None
    sha256: str | None
    licence: str
    note: str
    where: str = ""

    @property
    def target(self) -> str:
        """Where the source is fetched to, under a root: the file, or its folder where it is one of several."""
        several = isinstance(self.source, RegistryMember) and self.source.members[0].to
        return self.file.rpartition("/")[0] if several else self.file
