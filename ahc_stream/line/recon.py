"""Decoded frames as PNG files, for people who want to look (`--save-recon`); `tables.recon_path` has the layout."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from ahc_stream.core.clip import Clip
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import RoundTrip
from ahc_stream.store.atomic import written_whole
from ahc_stream.store.folders import Folder
from ahc_stream.tables import recon_path

ORIGINAL = OperatingPoint("identity")
FAST = 1
"""Of PNG's compression levels, and every row is predicted by the one above: half the time of libpng's own choice of a
predictor for each row, at the same size. Writing must not become the line's bottleneck."""


class Recon:
    """Writes decoded frames, and each original once, for all lanes of a run.

    An original that an earlier start has left is written again: its file may have been mended since.
    """

    def __init__(self, out: Folder) -> None:
        self._out = out
        self._originals: dict[tuple[str, str], int] = {}  # by dataset and item, the frames that were written
        self._lock = threading.Lock()

    def save(self, trip: RoundTrip) -> None:
        """Writes them before the frames' rows, so that a row that is committed has its picture. Raises StorageError."""
        self._write(trip.point, trip.decoded, range(len(trip.decoded)))
        self._write(ORIGINAL, trip.reference, self._unwritten_originals(trip.reference))

    def _unwritten_originals(self, clip: Clip) -> list[int]:
        """The frames of a clip that no lane has written yet: of a stream, those behind the furthest."""
        with self._lock:
            unwritten = [i for i, key in enumerate(clip.keys) if key.frame >= self._originals.get(key[:2], 0)]
            for i in unwritten:
                key = clip.keys[i]
                self._originals[key[:2]] = key.frame + 1
        return unwritten

    def _write(self, point: OperatingPoint, clip: Clip, frames: Sequence[int]) -> None:
        import imagecodecs

        for i in frames:
            frame = clip.frames[i].permute(1, 2, 0).contiguous().cpu().numpy()
            key = clip.keys[i]
            path = recon_path(self._out, point.codec, point.quality, point.options_text, key.item, key.frame)
            with written_whole(path, durable=False) as file:  # `identity` may write the same one: the last one stays
                file.write(imagecodecs.png_encode(frame, level=FAST, filter=imagecodecs.PNG.FILTER.UP))
