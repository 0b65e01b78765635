"""Operating points in as few words as say which there are: "jpeg@10,50 h264@23", without options."""

from __future__ import annotations

from collections.abc import Iterable

from ahc_stream.core.quality import quality_text


def curves_text(points: Iterable[tuple[str, float | None, str]]) -> str:
    """points:  codec, quality and options of each, as tables hold them."""
    qualities: dict[str, dict[str, None]] = {}
    for codec, quality, options in points:
        named = qualities.setdefault(codec, {})
        if quality is not None:
            named[quality_text(quality, options)] = None
    return " ".join(f"{codec}@{','.join(named)}" if named else codec for codec, named in qualities.items())
