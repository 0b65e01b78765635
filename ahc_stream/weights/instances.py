"""YOLO models of masks, of keypoints and of oriented boxes. Nobody states a hash of them: a person brings them."""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.weights.detectors import AGPL
from ahc_stream.weights.entry import Weight

_WHERE = "put {name}.pt there, of release v8.3.0 of https://github.com/ultralytics/assets, or name a file of your own"


def _brought(name: str, note: str) -> Weight:
    return Weight(name, f"weights/{name}.pt", None, None, AGPL, note, _WHERE.format(name=name))


_NOTES = {
    "seg": "COCO objects and their masks",
    "pose": "COCO people and their keypoints",
    "obb": "DOTA objects and their oriented boxes",
}

INSTANCES: Mapping[str, Weight] = {
    f"yolo11{size}-{kind}": _brought(f"yolo11{size}-{kind}", note) for kind, note in _NOTES.items() for size in "nsmlx"
}
