"""CompressAI's own loops over the networks that our codecs have: the peer of learned codecs, on any device.

Pictures one after the other, as its codec example codes them, from and to uint8 frames. Its entropy coder takes lists
in the CPU's memory, so each frame waits for the device.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.core.clip import Clip


class ImageLoop:
    """Unrelated pictures, uint8 [N, 3, H, W], to strings and back."""

    def __init__(self, network: nn.Module, multiple: int, frames: Tensor) -> None:
        self._network: Any = network
        _, _, height, width = frames.shape
        self._padding = PicturePadding(height, width, multiple)
        self._frames = frames
        self.bits = 0

    @torch.no_grad()
    def there_and_back(self) -> None:
        """`bits` are those of all strings afterwards."""
        self.bits = 0
        for frame in torch.split(self._frames, 1):
            coded = self._network.compress(self._padding.to_network(frame))
            self.bits += 8 * sum(len(string) for (string,) in coded["strings"])
            self._padding.to_frames(self._network.decompress(coded["strings"], coded["shape"])["x_hat"])


class VideoLoop:
    """One clip through ssf2020, a GOP after the other, the reference clamped."""

    def __init__(self, network: nn.Module, clip: Clip, gop: int) -> None:
        self._network: Any = network
        self._clip, self._gop = clip, gop
        self._padding = PicturePadding(clip.height, clip.width, 128)
        self._coded: list[dict[str, Any]] = []

    @torch.no_grad()
    def encode(self) -> None:
        """Its strings are kept for `decode`."""
        self._coded, reference = [], None
        for index in range(len(self._clip)):
            frame = self._padding.to_network(self._clip.frames[index : index + 1])
            if index % self._gop == 0:
                reference, coded = self._network.encode_keyframe(frame)
            else:
                reference, coded = self._network.encode_inter(frame, reference)
            reference = reference.clamp(0, 1)
            self._coded.append(coded)

    @torch.no_grad()
    def decode(self) -> list[Tensor]:
        """Frames of uint8 [1, 3, H, W]."""
        frames, reference = [], None
        for index, coded in enumerate(self._coded):
            words = coded["strings"], coded["shape"]
            is_intra = index % self._gop == 0
            decode = self._network.decode_keyframe if is_intra else self._network.decode_inter
            decoded = decode(*words) if is_intra else decode(reference, *words)
            reference = decoded.clamp(0, 1)
            frames.append(self._padding.to_frames(reference))
        return frames

    @property
    def bits(self) -> int:
        """Of all strings."""
        return 8 * sum(len(string) for coded in self._coded for string in _strings(coded))


def _strings(coded: dict[str, Any]) -> list[bytes]:
    """Of a frame: one body of an I frame, two (motion, residual) of a P frame."""
    strings_of = coded["strings"]
    bodies = strings_of.values() if isinstance(strings_of, dict) else [strings_of]
    return [string for body in bodies for strings in body for string in strings]
