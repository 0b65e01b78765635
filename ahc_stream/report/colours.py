"""The colour of a codec: the same on every page and in every figure, whatever else is drawn there."""

from __future__ import annotations

from zlib import crc32

PALETTE = (
    ("#0072b2", "#5cb4ea"),
    ("#d55e00", "#ff8c42"),
    ("#009e73", "#38c79a"),
    ("#b85c94", "#e59ac8"),
    ("#c98a00", "#f2b93b"),
    ("#6b4c9a", "#b79cf0"),
    ("#3b95c9", "#9fd6f5"),
    ("#8c510a", "#cf9a66"),
    ("#b2182b", "#ff7f7f"),
    ("#01665e", "#5fc2b8"),
    ("#6a7a00", "#bccb3f"),
    ("#a0148c", "#ee86e2"),
    ("#2d3a8c", "#97a3ff"),
    ("#4d4d4d", "#c9c9c9"),
)
"""On light and on dark ground. The first are those of M. Okabe and K. Ito, "Color Universal Design"; nobody tells all
of them apart, so curves differ in mark and dash as well."""
COMMON = (
    *("h264", "jpeg", "h265", "webp", "av1", "vvc", "jpeg2000", "avif", "jpegxl"),
    *("mbt2018", "cheng2020", "bmshj2018", "ssf2020", "jpegls"),
)
"""Codecs, and families of them, in the order of their colours; no two share one."""


def colour_of(codec: str) -> tuple[str, str]:
    """On light and on dark ground. A codec that is not COMMON has the colour that the CRC-32 of its name picks."""
    family = codec if codec in COMMON else codec.partition("-")[0]
    number = COMMON.index(family) if family in COMMON else crc32(codec.encode())
    return PALETTE[number % len(PALETTE)]
