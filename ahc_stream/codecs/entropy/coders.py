"""The coders by name. Their strings are the same, so the choice is no part of an operating point."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.entropy.compressai_coder import CompressaiCoder
from ahc_stream.codecs.entropy.native_coder import NativeCoder
from ahc_stream.core.errors import UnknownName

CODERS: Mapping[str, Callable[[], Coder]] = {"native": NativeCoder, "compressai": CompressaiCoder}


def coder(name: str) -> Coder:
    """A coder for one lane. Raises UnknownName."""
    if name not in CODERS:
        raise UnknownName.among("coder", name, CODERS)
    return CODERS[name]()
