"""What does compression do to what machines see?

Three depths of use. A whole experiment: `for rows in run(Experiment(...))`, or `Results(folder)` of one that is there.
One round trip: `roundtrip(codec, clip)`. One number: `metrics.psnr(reference, distorted)`.
"""

from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ahc_stream import metrics, runs
    from ahc_stream.core.bitstream import Bitstream
    from ahc_stream.core.clip import Clip, FrameKey, Item
    from ahc_stream.core.errors import AhcStreamError
    from ahc_stream.core.point import OperatingPoint
    from ahc_stream.core.protocols import ClipCodec, Codec, Task
    from ahc_stream.core.roundtrip import RoundTrip, roundtrip
    from ahc_stream.core.stream import Stream
    from ahc_stream.core.unit import Unit
    from ahc_stream.experiment import Experiment
    from ahc_stream.results import Results
    from ahc_stream.running import run

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
    "Results": "results",
    "RoundTrip": "core.roundtrip",
    "Stream": "core.stream",
    "Task": "core.protocols",
    "Unit": "core.unit",
    "metrics": "",
    "roundtrip": "core.roundtrip",
    "run": "running",
    "runs": "",
}
"""Public name -> the module that defines it; empty where the name is a package."""

__all__ = [
    "AhcStreamError",
    "Bitstream",
    "Clip",
    "ClipCodec",
    "Codec",
    "Experiment",
    "FrameKey",
    "Item",
    "OperatingPoint",
    "Results",
    "RoundTrip",
    "Stream",
    "Task",
    "Unit",
    "metrics",
    "roundtrip",
    "run",
    "runs",
]


def __getattr__(name: str) -> Any:
    """Loads on first use: importing ahc_stream itself loads nothing, so the command line answers at once."""
    if name == "__version__":
        return metadata.version("ahc-stream")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(".".join(filter(None, (__name__, _HOME[name] or name))))
    return getattr(module, name) if _HOME[name] else module


def __dir__() -> list[str]:
    """The public names, also those that nothing has loaded yet."""
    return [*__all__, "__version__"]
