"""What takes an item's place in the line when it cannot be decoded or coded."""

from __future__ import annotations

from dataclasses import dataclass

from ahc_stream.core.clip import FrameKey
from ahc_stream.core.errors import AhcStreamError
from ahc_stream.core.point import OperatingPoint


@dataclass(frozen=True)
class Failure:
    """One failed item (`key` of its clip and `point` None where it could not be opened) and the error that says why."""

    dataset: str
    item: str
    stage: str
    error: AhcStreamError
    key: FrameKey | None = None
    point: OperatingPoint | None = None

    def __str__(self) -> str:
        at = f" at {self.point}" if self.point else ""
        return f"{self.dataset}/{self.item}{at}, stage {self.stage}: {self.error}"
