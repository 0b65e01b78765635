"""What a file of raw frames cannot say of itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RawVideo:
    """Frames one behind the other, plane by plane, without a header.

    width, height:      of every frame, pixels.
    pixel_format:       FFmpeg's name, such as yuv420p or yuv420p10le.
    frames_per_second:  above 0.
    """

    width: int
    height: int
    pixel_format: str
    frames_per_second: float

    def __str__(self) -> str:
        return f"{self.width} x {self.height} {self.pixel_format}, {self.frames_per_second:g} per second"
