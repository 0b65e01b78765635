"""Shared by all tests: where the real data is, and the skip that names what is missing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# ultralytics looks up hosts and installs packages at import unless it is told not to.
os.environ.setdefault("YOLO_OFFLINE", "true")
os.environ.setdefault("YOLO_AUTOINSTALL", "false")

REAL_DATA = [Path(root) for root in os.environ.get("AHC_STREAM_PATH", "").split(os.pathsep) if root]


def real(relative: str) -> Path:
    """A file or folder of the real data roots; skips the test, by name, where no root holds it."""
    for root in REAL_DATA:
        if (root / relative).exists():
            return (root / relative).resolve()
    pytest.skip(f"real data {relative!r} is under no root of AHC_STREAM_PATH")  # absent on a fresh machine
