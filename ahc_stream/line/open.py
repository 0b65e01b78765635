"""open: an item of a dataset -> clips of decoded frames on the device."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import torch

from ahc_stream import sources
from ahc_stream.core.clip import Clip, Item
from ahc_stream.core.errors import MediaError
from ahc_stream.core.failure import Failure


def make_open(source: str, clip_frames: int, device: torch.device) -> Callable[[Item], Iterator[Clip | Failure]]:
    """The step. A medium that breaks off yields its whole clips first, then the failure."""

    def step(item: Item) -> Iterator[Clip | Failure]:
        chosen = sources.choose(item, device) if source == "auto" else source
        try:
            for clip in sources.open_item(item, clip_frames, device, chosen):
                yield replace(clip, source=chosen)
        except MediaError as error:
            yield Failure(item.dataset, item.name, "open", error)

    return step
