"""What decides the bits of scale-space flow's transforms, as a stream's header says it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch

from ahc_stream.codecs.learned.stream import BROKEN
from ahc_stream.core.errors import CodecError
from ahc_stream.core.foreign_text import shown

MOST_THREADS = 256


@dataclass(frozen=True)
class FlowNumerics:
    """The numerics of one stream.

    transforms:  the name of the arithmetic, see `flow_transforms`.
    batch:       frames that go through a transform together, each of another GOP; zeros stand in for missing ones.
    threads:     of torch on the CPU; 1 where the device is another.
    """

    transforms: str
    batch: int
    threads: int

    @classmethod
    def read(cls, header: Mapping[str, Any], most_frames: int) -> FlowNumerics:
        """Those of a header. One that says nothing, as made from a file of CompressAI's, has CompressAI's arithmetic.

        most_frames:  that memory has room for, of the stream's size. Raises CodecError for a larger batch.
        """
        numerics = cls(
            header.get("transforms", "compressai"),
            header.get("batch", 1),
            header.get("threads", threads_here()),
        )
        _check("batch", numerics.batch, most_frames)
        _check("threads", numerics.threads, MOST_THREADS)
        return numerics

    @property
    def header(self) -> Mapping[str, Any]:
        """The values for a header."""
        return asdict(self)


def threads_here() -> int:
    """Of torch, in this process."""
    return min(torch.get_num_threads(), MOST_THREADS)


def _check(name: str, number: object, most: int) -> None:
    if type(number) is not int or not 1 <= number <= most:
        raise CodecError(f"{name} from 1 to {most}", shown(number), BROKEN)
