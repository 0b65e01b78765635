"""Every error a user can cause, as one tree.

    AhcStreamError
    ├── UnknownName      a codec, dataset, task, metric or weight that no table holds; names the nearest one
    ├── InvalidValue     a quality, option or setting outside what its owner takes
    ├── MissingExtra     an optional package is not installed; gives the install line
    ├── MissingData      a file, dataset or weight is not there; says where it was looked for and how to get it
    ├── DownloadError    a file could not be fetched, or its hash is not the expected one
    ├── StorageError     a folder or file that is not as it should be: another run in it, damage, something in the way
    │   └── DiskError      the disk takes no more: it is full, or broken
    ├── MediaError       an image or video that cannot be decoded
    ├── CodecError       an encoder or decoder that failed, or a bitstream that is not its own
    │   └── EntropyDesync  the decoder read other symbols than the encoder wrote
    ├── DeviceError      a GPU that did not do what it was asked for
    ├── TooManyFailures  more items failed than the run allows
    ├── WorkerDied       a worker of a cluster ended without a word
    └── ClusterError     there is no cluster to run on, or it went away

Each one says what was expected, what came instead and what to do about it.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from pathlib import PurePath

from ahc_stream.core.file_names import readable

WRONG_PATH = {
    *(errno.EEXIST, errno.EISDIR, errno.ENOTDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG),
    *(errno.EACCES, errno.EPERM, errno.EROFS),
}
"""What the system answers where a file is in a folder's place, or the other way round, or a name is too long, and where
it is somebody else's place: another path is needed, and not more room."""

NEAREST = 3
"""Names that are suggested instead of one that is unknown."""


class AhcStreamError(Exception):
    """An error with three parts: `expected`, `got` and `todo`, each a phrase without a full stop. They are one line of
    text that tables, pages and terminals take, whatever the names in them are (`core.file_names`)."""

    def __init__(self, expected: str, got: str, todo: str) -> None:
        expected, got, todo = readable(expected), readable(got), readable(todo)
        super().__init__(f"expected {expected}; got {got}. {todo[:1].upper()}{todo[1:]}.")
        self.expected, self.got, self.todo = expected, got, todo

    def __reduce__(self) -> tuple[type[AhcStreamError], tuple[object, ...]]:
        return type(self), (self.expected, self.got, self.todo)


class UnknownName(AhcStreamError):
    """A name that its table does not hold. Build it with `UnknownName.among`, or of a long table `UnknownName.near`."""

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str]) -> UnknownName:
        """The error for `name`, which is no `kind` of `known`; suggests the nearest."""
        names = sorted(known)
        near = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}? " if near else ""
        return cls(f"a known {kind}", repr(name), f"{hint}known: {', '.join(names)}")

    @classmethod
    def near(cls, kind: str, name: str, known: Iterable[str], todo: str) -> UnknownName:
        """The error for `name`, which is no `kind` of `known`; names the nearest ones only, else says `todo`."""
        nearest = difflib.get_close_matches(name.lower(), sorted(known), n=NEAREST, cutoff=0.6)
        hint = f"did you mean {' or '.join(map(repr, nearest))}? Else " if nearest else ""
        return cls(f"a known {kind}", repr(name), f"{hint}{todo}")


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
    """A folder or file that is not as it should be: of another run, damaged, somebody else's, or with something in the
    way."""

    @staticmethod
    def of(error: OSError, target: str | PurePath, todo: str) -> StorageError:
        """The error for what the system answered to a writer of `target`: a DiskError, or a plain one where the path
        itself is wrong."""
        got = "a full disk" if error.errno == errno.ENOSPC else error.strerror or type(error).__name__
        kind = StorageError if error.errno in WRONG_PATH else DiskError
        return kind(f"to write {target}", got, todo)


class DiskError(StorageError):
    """The disk takes no more, or took a file away: it is full, or broken."""


class MediaError(AhcStreamError):
    """An image or video that cannot be decoded."""


class CodecError(AhcStreamError):
    """An encoder or decoder that failed, or a bitstream that is not its own."""


class EntropyDesync(CodecError):
    """The decoder read other symbols than the encoder wrote: nothing it reconstructs can be trusted."""


class DeviceError(AhcStreamError):
    """A GPU that did not do what it was asked for: its memory is full, or it refused a step."""


class TooManyFailures(AhcStreamError):
    """More items failed than `max_failures` allows."""


class WorkerDied(AhcStreamError):
    """A worker of a cluster that ended without a word: killed, out of memory, or with its node."""


class ClusterError(AhcStreamError):
    """There is no cluster to run on, or it went away."""
