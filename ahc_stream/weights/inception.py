"""The network whose features FID compares."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.store import Url
from ahc_stream.weights.entry import Weight

_FILE = "weights-inception-2015-12-05-6726825d.pth"

INCEPTION: Mapping[str, Weight] = {
    "inception-fid": Weight(
        "inception-fid",
        f"weights/{_FILE}",
        Url(f"https://github.com/toshas/torch-fidelity/releases/download/v0.2.0/{_FILE}", "6726825d"),
        "6726825d",
        "Apache-2.0",
        "Inception v3 of TensorFlow, 2015-12-05, as torch-fidelity converted it",
    ),
}
