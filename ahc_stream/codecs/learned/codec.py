"""What files ask of a learned codec, beside its sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from ahc_stream.codecs.learned.geometry import Geometry


@runtime_checkable
class LearnedCodec(Protocol):
    """A codec of networks and entropy models. It is a `Codec` or a `ClipCodec` as well (`core.protocols`).

    identity:  the networks as a stream's header has them: codec, quality, metric, SHA-256 of the weights, hash of the
               CDF tables. An encoder and its decoder must have the same.
    numerics:  what else decides how its strings are read, as a header has it.
    geometry:  how a picture of so many pixels lies in the networks.
    """

    @property
    def identity(self) -> Mapping[str, Any]: ...

    @property
    def numerics(self) -> Mapping[str, str]: ...

    def geometry(self, height: int, width: int) -> Geometry: ...
