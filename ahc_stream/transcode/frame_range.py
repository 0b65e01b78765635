"""Which frames of a file are asked for."""

from __future__ import annotations

from ahc_stream.core.errors import InvalidValue

Selection = tuple[int | None, int | None] | None
"""First frame and the one after the last; None for an end that is open, and for all of them."""

FrameRange = range
"""Numbers of frames that a file has, at least one."""


def frame_range(selection: Selection, count: int) -> FrameRange:
    """The selected ones of `count` frames. Raises InvalidValue where there are none."""
    first, end = selection or (None, None)
    start = first or 0
    stop = count if end is None else min(end, count)
    if not 0 <= start < stop:
        asked = f"{'' if first is None else first}:{'' if end is None else end}"
        raise InvalidValue(f"frames within 0:{count}", asked, "write --frames A:B with A below B")
    return range(start, stop)
