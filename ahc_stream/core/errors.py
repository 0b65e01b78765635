"""Every error a user can cause, as one tree.

    AhcStreamError
    ├── UnknownName      a codec, dataset, task, metric or weight that no table holds; names the nearest one
    ├── InvalidValue     a quality, option or setting outside what its owner takes
    ├── MissingExtra     an optional package is not installed; gives the install line
    ├── MissingData      a file, dataset or weight is not there; says where it was looked for and how to get it
    ├── DownloadError    a file could not be fetched, or its hash is not the expected one
    ├── StorageError     a table could not be written or read: full disk, no permission, another run in the folder
    ├── MediaError       an image or video that cannot be decoded
    ├── CodecError       an encoder or decoder that failed, or a bitstream that is not its own
    │   └── EntropyDesync  the decoder read other symbols than the encoder wrote
    └── TooManyFailures  more items failed than the run allows

Each one says what was expected, what came instead and what to do about it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class AhcStreamError(Exception):
    """An error with three parts: `expected`, `got` and `todo`, each a phrase without a full stop."""

    def __init__(self, expected: str, got: str, todo: str) -> None:
        super().__init__(f"expected {expected}; got {got}. {todo[:1].upper()}{todo[1:]}.")
        self.expected, self.got, self.todo = expected, got, todo

    def __reduce__(self) -> tuple[type[AhcStreamError], tuple[str, str, str]]:
        return type(self), (self.expected, self.got, self.todo)


class UnknownName(AhcStreamError):
    """A name that its table does not hold. Build it with `UnknownName.among`."""

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str]) -> UnknownName:
        """The error for `name`, which is no `kind` of `known`; suggests the nearest."""
        names = sorted(known)
        near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return cls(f"a known {kind}", repr(name), f"{hint}known: {', '.join(names)}")


class InvalidValue(AhcStreamError):
    """A quality, option or setting outside what its owner takes."""


class MissingExtra(AhcStreamError):
    """An optional dependency that is not installed. Build it with `MissingExtra.of`."""

    @classmethod
    def of(cls, package: str, extra: str) -> MissingExtra:
        """The error for `package`, which the extra `extra` of ahc-stream installs."""
        return cls(f"the package {package}", "no such package", f"run: pip install 'ahc-stream[{extra}]'")


class MissingData(AhcStreamError):
    """A file, dataset or weight that is not where it was looked for."""


class DownloadError(AhcStreamError):
    """A file that could not be fetched, or whose hash is not the expected one."""


class StorageError(AhcStreamError):
    """A table that could not be written or read."""


class MediaError(AhcStreamError):
    """An image or video that cannot be decoded."""


class CodecError(AhcStreamError):
    """An encoder or decoder that failed, or a bitstream that is not its own."""


class EntropyDesync(CodecError):
    """The decoder read other symbols than the encoder wrote: nothing it reconstructs can be trusted."""


class TooManyFailures(AhcStreamError):
    """More items failed than `max_failures` allows."""
