"""The two things a user may bring: a codec and a task. Both are structural, no base class and no registration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa
from torch import Tensor

from ahc_stream.core.clip import Clip
from ahc_stream.core.trial import Bitstream, OperatingPoint


@runtime_checkable
class Codec(Protocol):
    """Turns a clip into bytes and bytes into frames. One object serves one lane: no locking is needed inside.

    `decode` sees the bitstream and nothing else, on a fresh object if it must. It returns uint8 [N, 3, H, W] RGB on
    the codec's device, in presentation order. Both raise CodecError.
    """

    @property
    def point(self) -> OperatingPoint: ...

    def encode(self, clip: Clip) -> Bitstream: ...

    def decode(self, bitstream: Bitstream) -> Tensor: ...


@runtime_checkable
class Task(Protocol):
    """A vision task inside the line. How its predictions are scored is the report's business: `tasks.score`.

    name:     names the table `predictions_<name>`.
    schema:   columns of one prediction; the keys of frame and operating point are added by the line.
    predict:  one list of rows (column name -> value) per frame, computed on the clip's device.

    One of your own may also have `scorer`, `labels`, `headline` and `lower_is_better`: see `tasks.own.describe`.
    """

    name: str
    schema: pa.Schema

    def predict(self, clip: Clip) -> Sequence[Sequence[Mapping[str, Any]]]: ...
