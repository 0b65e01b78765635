"""XXH64 of symbols, by which a stream knows its own decoding."""

from __future__ import annotations

from ._native import symbol_checksum

__all__ = ["symbol_checksum"]
