"""How the CPU loops are compiled: by numba, free of the GIL, once per machine, and kept on disk."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypedDict, TypeVar

import numba
from numba.core import config

P = ParamSpec("P")
R = TypeVar("R")


class _Arithmetic(TypedDict):
    fastmath: set[str]
    error_model: Literal["numpy"]
    nogil: bool


_ARITHMETIC: _Arithmetic = {
    # The compiler may reorder sums and fuse multiplications into them. It does so once, when it compiles, so results
    # do not change from run to run. NaN and infinity keep their meaning: a NaN pixel makes its frame NaN.
    "fastmath": {"reassoc", "contract", "nsz"},
    "error_model": "numpy",  # dividing by zero gives infinity or NaN
    "nogil": True,
}
_settings: Any = config  # numba sets the module's attributes as it reads the environment, so its types know none


def compiled(loop: Callable[P, R]) -> Callable[P, R]:
    """A loop that Python calls. Its machine code is cached on disk; where no folder can be written, it is not."""
    folder = _cache_folder()
    if folder is None:
        return numba.njit(**_ARITHMETIC)(loop)
    previous, _settings.CACHE_DIR = _settings.CACHE_DIR, str(folder)
    try:
        return numba.njit(cache=True, **_ARITHMETIC)(loop)
    finally:
        _settings.CACHE_DIR = previous


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """A part of a loop, merged into each loop that calls it.

    Float sums in a `compiled` part could differ in their last bits with what else the process has compiled: whether it
    is merged is then the compiler's choice.
    """
    return numba.njit(forceinline=True, **_ARITHMETIC)(function)


def pasted(function: Callable[P, R]) -> Callable[P, R]:
    """A part with loops of its own, copied into its caller's source: merged later, it would be optimised twice."""
    return numba.njit(inline="always", **_ARITHMETIC)(function)


@cache
def _cache_folder() -> Path | None:
    """A folder of this version's sources alone: numba compares only the file of the loop itself, not of its parts."""
    folder = _cache_root() / f"numba-{_fingerprint()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:  # a read-only home: compile in each process instead
        return None
    return folder


def _cache_root() -> Path:
    """NUMBA_CACHE_DIR, else AHC_STREAM_HOME, else the user's cache folder."""
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ahc-stream"
    return Path(_settings.CACHE_DIR or os.environ.get("AHC_STREAM_HOME") or user).expanduser()


def _fingerprint() -> str:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()[:16]
