"""What each source takes for granted of every file. What holds for one file alone is a note of its item."""

from __future__ import annotations

from ahc_stream.core.errors import UnknownName

_STORED = "Frames are as stored: an orientation, a rotation or pixels that are not square are noted, and not applied."
_VIDEO = (
    "Of several video streams the ffmpeg program's choice is taken (no attached picture, the default one, the "
    "largest), and FILE#N takes stream N.",
    "A matrix that is not stated is BT.709 from 720 rows on, and BT.601 below.",
    "A range that is not stated is limited; full for yuvj formats, and for grey outside of H.264, HEVC, AV1 and MPEG.",
    "Chroma siting is not read: centred for JPEG, MPEG-1, H.261, H.263, VP8 and VP9, left elsewhere.",
    "PQ and HLG samples are as coded, and colours outside of BT.709 stay numbers: no tone and no gamut is mapped.",
    "Interlaced fields stay woven, and chroma is interpolated as in progressive frames.",
    "An alpha channel is left out where FFmpeg does not decode it; pixel formats with alpha are refused.",
    _STORED,
)
_IMAGES = (
    "Grey of 9 to 16 bits is scaled to 8 from the white of its bits; of 16-bit colour the upper byte is taken.",
    "Signed, floating-point and 32-bit samples are refused: nothing says what their white is.",
    "Transparent pixels lie over black.",
    "Colour profiles are not applied, and CMYK is converted by formula.",
    "An animation or a file of several pages gives its first one.",
    _STORED,
)
_ASSUMPTIONS = {
    "images": _IMAGES,
    "pyav": (
        *_VIDEO,
        "Every coded frame must give a picture, but for those before the first one that can be shown. "
        "docs/reliability.md says what no decoder can see.",
    ),
    "decord": ("What decord would decode otherwise than FFmpeg is refused, with the reason.", *_VIDEO),
    "dali": ("What DALI would decode otherwise than FFmpeg or Pillow is refused, with the reason.", *_VIDEO),
}


def assumptions(source: str) -> tuple[str, ...]:
    """What a source assumes of its files, a sentence each. Raises UnknownName."""
    if source not in _ASSUMPTIONS:
        raise UnknownName.among("source", source, _ASSUMPTIONS)
    return _ASSUMPTIONS[source]
