"""What decoders of other people's making raise, as errors of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ahc_stream.core.errors import CodecError, MissingData, MissingExtra

_LONGEST = 200  # characters of a library's own message


@contextmanager
def decoding_errors(expected: str, todo: str = "fetch the file again, or report its writer") -> Iterator[None]:
    """Turns whatever a decoder raises into a CodecError with these words; what says more already goes through.

    It catches every exception, for libraries raise anything over bytes that were made to confuse them: imagecodecs its
    own errors, NumPy's and MemoryError, PyAV OverflowError, torch RuntimeError where memory ends.
    """
    try:
        yield
    except (CodecError, MissingData, MissingExtra):
        raise
    except Exception as error:  # any kind, see above
        got = f"{type(error).__name__}: {error}"[:_LONGEST]
        raise CodecError(expected, got, todo) from error
