"""The kinds of coded files, by the names that an option has for them."""

from __future__ import annotations

from collections.abc import Sequence

from ahc_stream.core.errors import InvalidValue

AHC = "ahc"
COMPRESSAI = "compressai"
"""A file of CompressAI's codec example."""

AUTO = "auto"
"""Of a file that is read: its first bytes say which kind it is."""

WRITTEN = (AHC, COMPRESSAI)
READ = (AHC, COMPRESSAI, AUTO)


def check_container(name: str, names: Sequence[str]) -> None:
    """Raises InvalidValue where `name` is none of `names`."""
    if name not in names:
        raise InvalidValue(f"a container of {', '.join(names)}", repr(name), "choose one")
