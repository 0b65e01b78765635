"""What does compression do to what machines see?

Three depths of use. A whole experiment: `for rows in run(Experiment(...))`. One round trip: `roundtrip(codec, clip)`.
One number: `metrics.psnr(reference, distorted)`.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "AhcStreamError": "core.errors",
    "Bitstream": "core.bitstream",
    "Clip": "core.clip",
    "ClipCodec": "core.protocols",
    "Codec": "core.protocols",
    "Experiment": "experiment",
    "FrameKey": "core.clip",
    "Item": "core.clip",
    "OperatingPoint": "core.point",
    "RoundTrip": "core.roundtrip",
    "Stream": "core.stream",
    "Task": "core.protocols",
    "Unit": "core.unit",
    "roundtrip": "core.roundtrip",
    "run": "running",
}

_PACKAGES = ("runs",)

__all__ = list(_HOME) + list(_PACKAGES)


def __getattr__(name: str) -> Any:
    """Loads on first use: importing ahc_stream itself loads nothing, so the command line answers at once."""
    if name in _PACKAGES:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
