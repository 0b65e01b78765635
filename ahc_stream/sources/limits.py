"""How much memory a foreign file may ask for before it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from ahc_stream.core.errors import MediaError


@dataclass(frozen=True)
class Limits:
    """The budgets of one item.

    frame_pixels:  pixels of one frame or image. A file of 600 bytes may claim 169 million of them.
    clip_bytes:    bytes of the frames that travel together. A clip is cut shorter rather than refused: where a clip
                   ends moves no number.
    image_bytes:   bytes of one image file, which decoders read whole.
    """

    frame_pixels: int = 100_000_000
    clip_bytes: int = 256_000_000
    image_bytes: int = 1 << 30

    def check_frame(self, width: int, height: int, name: object) -> None:
        """Raises MediaError for a frame of `name` that is larger than the budget."""
        if width * height > self.frame_pixels:
            raise MediaError(
                f"a frame of at most {self.frame_pixels:,} pixels in {name}",
                f"{width} x {height}",
                f"allow it with --max-pixels {width * height}",
            )

    def check_image_file(self, size: int, name: object) -> None:
        """Raises MediaError for an image file of `size` bytes that is larger than the budget."""
        if size > self.image_bytes:
            raise MediaError(
                f"an image file of at most {self.image_bytes:,} bytes at {name}", f"{size:,}", "crop or convert it"
            )

    def clip_frames(self, asked: int, height: int, width: int) -> int:
        """The frames of one size that travel together: those that were asked for, or as many as the budget holds."""
        return max(1, min(asked, self.clip_bytes // (3 * height * width)))


DEFAULT_LIMITS = Limits()
