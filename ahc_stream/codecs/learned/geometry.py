"""How a picture of any size lies in the networks of a codec."""

from __future__ import annotations

from dataclasses import dataclass

from ahc_stream.codecs.learned.padding import PicturePadding


@dataclass(frozen=True)
class Geometry:
    """The padding of a picture, and the shape (h, w) of the latent that is decoded first."""

    padding: PicturePadding
    latent: tuple[int, int]

    @classmethod
    def of(cls, height: int, width: int, multiple: int, stride: int) -> Geometry:
        """The geometry of a picture, in pixels.

        multiple:  what the codec's networks take multiples of.
        stride:    pixels, per side, for one position of the latent that is decoded first.
        """
        padding = PicturePadding(height, width, multiple)
        padded_height, padded_width = padding.padded
        return cls(padding, (padded_height // stride, padded_width // stride))
