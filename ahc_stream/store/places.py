"""The folders that hold data and weights: one that is written, any number that are only read.

Every root has the same layout: `weights/` and `datasets/`.
"""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The root that downloads go to: AHC_STREAM_HOME, or the user's cache folder where it is unset or empty."""
    home = os.environ.get("AHC_STREAM_HOME")
    if home:
        return Path(home).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("ahc-stream")


def roots() -> tuple[Path, ...]:
    """`home()` first, then the read-only roots of AHC_STREAM_PATH in their order (separated by `os.pathsep`)."""
    read_only = os.environ.get("AHC_STREAM_PATH", "").split(os.pathsep)
    return (home(), *(Path(root).expanduser().absolute() for root in read_only if root))


def find(relative: str | Path) -> Path | None:
    """The file or folder `relative` under the first root that holds it; None where no root does."""
    return next((root / relative for root in roots() if (root / relative).exists()), None)


def searched(relative: str | Path) -> str:
    """`"no weights/x.pt under /a, /b"`: the second half of a MissingData message."""
    return f"no {relative} under {', '.join(str(root) for root in roots())}"
