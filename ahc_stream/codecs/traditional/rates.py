"""Bit rates and buffer sizes as people write them: `500k`, `1.5M`.

They are whole kbit, which is what x264 and x265 keep of them.
"""

from __future__ import annotations

import re
from decimal import Decimal

from ahc_stream.core.quality import rate_text

NONE = "none"
"""The value of `maxrate` and `bufsize` for an encoder without that bound."""

HIGHEST = 1_000_000
"""kbit per second: a gigabit, so that twice as many bits still fit into the 32 bits of an encoder's own count."""

TAKES = "none or as 500k or 1.5M in whole kbit"
_FORM = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)([kM])", re.ASCII)
_KBITS = {"k": 1, "M": 1000}


def kbits(text: str) -> Decimal | None:
    """`1.5M` -> 1500; None for a text of another form."""
    match = _FORM.fullmatch(text)
    return Decimal(match[1]) * _KBITS[match[2]] if match else None


def spelling(text: str, highest: int) -> str:
    """The one spelling of a bound: `none`, or whole kbit from 1 to `highest`. Raises ValueError for what is neither."""
    if text == NONE:
        return text
    number = kbits(text)
    if number is None or number != int(number) or not 1 <= number <= highest:
        raise ValueError(text)
    return rate_text(number)


def bits(text: str) -> str:
    """A bound in its one spelling, not `none`, as FFmpeg takes it: bits, or bits per second."""
    number = kbits(text)
    assert number is not None, "options hold bounds in their one spelling"
    return str(int(number * 1000))
