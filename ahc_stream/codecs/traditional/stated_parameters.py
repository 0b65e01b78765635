"""Words of the encoders' own parameter lists (`x264-params` ...) that the point has a place for -> what to write."""

from __future__ import annotations

from collections.abc import Mapping

_PASSES = ("pass", "stats", "passes")
_FORMAT = ("fps", "timebase", "input-res", "input-csp", "output-csp", "width", "height", "fps-num", "fps-denom")
_COLOURS = (
    "colorprim",
    "transfer",
    "colormatrix",
    "range",
    "fullrange",
    "chromaloc",
    "color-primaries",
    "transfer-characteristics",
    "matrix-coefficients",
    "color-range",
    "chroma-sample-position",
)

STATED: Mapping[str, str] = {
    **dict.fromkeys(_PASSES, "leave it out: streams are coded in one pass"),
    **dict.fromkeys(_FORMAT, "leave it out: the stream says it"),
    **dict.fromkeys(_COLOURS, "write matrix=bt709 and range=limited"),
    "crf": "write it behind the name, as @23",
    "qp": "write it behind the name, as @23:control=qp",
    "bitrate": "write it behind the name, as @500k",
    "vbv-maxrate": "write maxrate=1M",
    "vbv-bufsize": "write bufsize=2M",
    "bframes": "write bf=2",
    "keyint": "write gop=32",
    "open-gop": "leave it out: GOPs are closed",
    "intra-refresh": "leave it out: GOPs begin with an I frame",
    "threads": "write threads=4",
}
"""Of every encoder that takes such a list."""
