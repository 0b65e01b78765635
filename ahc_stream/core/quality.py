"""The quality of an operating point as people write it: `23`, `0.5`, and `500k` where it is a bit rate."""

from __future__ import annotations

import re
from decimal import Decimal

_IS_RATE = re.compile(r"(?:^|(?<!\\):)control=bitrate(?::|$)")
_KBITS_PER_MBIT = 1000


def quality_text(quality: float | None, options: str) -> str:
    """What stands behind the `@` of a point; "" where the codec has no quality.

    options: the point's options in their text form, as tables hold them; they say whether `quality` is in kbit/s.
    """
    if quality is None:
        return ""
    return rate_text(quality) if _IS_RATE.search(options) else number_text(quality)


def rate_text(kbits: float | Decimal) -> str:
    """`500k`, `1.5M`: bits per second in their one spelling, from kbit per second."""
    return f"{number_text(kbits)}k" if kbits < _KBITS_PER_MBIT else f"{number_text(kbits, _KBITS_PER_MBIT)}M"


def number_text(number: float | Decimal, unit: int = 1) -> str:
    """`number / unit` with all digits that it needs to be read back, without an exponent: `%g` keeps six."""
    text = format(Decimal(str(number)) / unit, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
