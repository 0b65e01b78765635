"""Digests of files: what an item's files were, without a copy of them."""

from __future__ import annotations

import hashlib
import inspect
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

ENDS, WHOLE = "ends", "whole"
"""Kinds of digests. Only like kinds can be compared."""
ENDS_BYTES = 64 * 1024
PIECE = 1 << 20

Digests = Mapping[str, str]
"""Kind -> SHA-256 in hexadecimal digits."""


def of_files(paths: Iterable[Path], whole: bool = False) -> Digests:
    """`ends`: over, file by file, its name, its size in bytes, its first and last 64 KiB. It never reads a long video
    whole and says the same on every machine. With `whole`, `whole` too: over name, size and all bytes.

    A file that cannot be read has a digest of its own, so that it can be told from the same file when it is mended.
    """
    kinds = {ENDS: hashlib.sha256()} | ({WHOLE: hashlib.sha256()} if whole else {})
    for path in paths:
        for kind, digest in kinds.items():
            try:
                with path.open("rb") as file:
                    digest.update(os.fsencode(path.name) + f"\0{os.fstat(file.fileno()).st_size}\0".encode())
                    for piece in _pieces(file, kind):
                        digest.update(piece)
            except OSError:
                digest.update(os.fsencode(path.name) + b"\0unreadable\0")
    return {kind: digest.hexdigest() for kind, digest in kinds.items()}


def _pieces(file: IO[bytes], kind: str) -> Iterable[bytes]:
    if kind == WHOLE:
        while piece := file.read(PIECE):
            yield piece
        return
    yield file.read(ENDS_BYTES)
    file.seek(max(ENDS_BYTES, os.fstat(file.fileno()).st_size - ENDS_BYTES))
    yield file.read(ENDS_BYTES)


def with_facts(digest: str, facts: str) -> str:
    """The digest of files together with what is known of them beside their bytes."""
    return hashlib.sha256(f"{digest}\0{facts}\0".encode()).hexdigest()


def fingerprint(items: Mapping[str, str]) -> str:
    """`"sha256-of-names-sizes-ends:<hex>"` of items by name with their digests of the kind `ends`, in any order."""
    digest = hashlib.sha256()
    for name in sorted(items):
        digest.update(f"{name}\0{items[name]}\0".encode())
    return f"sha256-of-names-sizes-ends:{digest.hexdigest()}"


def of_source(code: Iterable[Any], *more: str) -> str | None:
    """SHA-256 of the source of classes, functions and modules, and of `more`; None where one has no source file, as in
    an interactive session: then nothing can be compared."""
    try:
        sources = [inspect.getsource(part) for part in code]
    except (OSError, TypeError):  # what inspect raises where there is no source
        return None
    return hashlib.sha256("\0".join([*sources, *more]).encode()).hexdigest()
