"""A learned image codec: analysis, a prior that codes the latent, synthesis. Frames are coded one by one.

The strings are byte for byte those of CompressAI's `compress()` on the same input, unless the point asks for other
transforms (`image_transforms`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic
from ahc_stream.codecs.learned.coding import CodedLatent
from ahc_stream.codecs.learned.geometry import Geometry
from ahc_stream.codecs.learned.image_transforms import ImageTransforms, image_transforms
from ahc_stream.codecs.learned.memory import check_room, in_picture_batches
from ahc_stream.codecs.learned.model import Model
from ahc_stream.codecs.learned.named_transforms import COMPRESSAI, TRANSFORMS, transforms_of
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.codecs.learned.priors import Prior
from ahc_stream.codecs.learned.stream import geometry_of, header_of, naming_frames, strings_of, unit_of, verify
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.point import OperatingPoint

MULTIPLE = 64
"""Of CompressAI's image codecs: six strides of two, hyperprior included."""


@dataclass(frozen=True, eq=False)
class LearnedImage:
    """A codec for one lane: the shared networks `g_a` (analysis) and `g_s` (synthesis), and a prior with its own coder.

    multiple:  sides of pictures are padded to multiples of it, in pixels.

    An encoder uses the transforms that the point names, a decoder the stream's: see `image_transforms`.
    """

    point: OperatingPoint
    model: Model
    prior: Prior
    multiple: int = MULTIPLE
    intra_only: ClassVar[bool] = True

    @property
    def identity(self) -> Mapping[str, Any]:
        """See `LearnedCodec`."""
        return self.model.identity

    @property
    def numerics(self) -> Mapping[str, str]:
        """See `LearnedCodec`. A stream names transforms that are not CompressAI's too."""
        return self.prior.numerics

    def geometry(self, height: int, width: int) -> Geometry:
        """See `LearnedCodec`."""
        return Geometry.of(height, width, self.multiple, self.prior.stride)

    def encode(self, clip: Clip) -> Bitstream:
        """One I frame per frame. Raises CodecError."""
        with fixed_arithmetic(self.model.device):
            return self._encode(clip)[0]

    def encode_with_reconstruction(self, clip: Clip) -> tuple[Bitstream, Tensor]:
        """The bitstream, and the frames as `decode` will return them: uint8 [N, 3, H, W]. Raises CodecError."""
        with fixed_arithmetic(self.model.device):
            bitstream, latents = self._encode(clip)
            padding = self.geometry(clip.height, clip.width).padding
            return bitstream, _synthesise(self._transforms_of(bitstream.header), latents, padding)

    def decode(self, bitstream: Bitstream) -> Tensor:
        """uint8 [N, 3, H, W] on the codec's device, in presentation order.

        Raises CodecError, and EntropyDesync rather than giving a wrong picture.
        """
        geometry = geometry_of(bitstream.header, self, self.numerics)
        transforms = self._transforms_of(bitstream.header)
        check_room(geometry.padding.padded, self.model)
        units = sorted(bitstream.units, key=lambda unit: unit.frame)
        strings = [strings_of(unit, self.prior.strings) for unit in units]
        with fixed_arithmetic(self.model.device), naming_frames(range(len(units)), bitstream.header, self.model.device):
            latents = self.prior.decode(strings, geometry.latent)
            for unit, latent in zip(units, latents, strict=True):
                verify(bitstream.header, unit, [latent], self.model.device)
            return _synthesise(transforms, latents, geometry.padding)

    def _encode(self, clip: Clip) -> tuple[Bitstream, list[CodedLatent]]:
        self.model.check(clip.frames)
        geometry = self.geometry(clip.height, clip.width)
        check_room(geometry.padding.padded, self.model)
        transforms = transforms_of(self.point)
        named = {} if transforms == COMPRESSAI else {TRANSFORMS: transforms}
        header = header_of(self.model, geometry, {**self.numerics, **named})
        coding = self.prior.encode(_analyse(self._transforms_of(header), clip.frames, geometry.padding))
        with naming_frames(range(len(clip)), header, self.model.device):
            latents = coding.wait()
        units = tuple(unit_of(frame, "I", [latent]) for frame, latent in enumerate(latents))
        return Bitstream(self.model.codec, header, units), latents

    def _transforms_of(self, header: Mapping[str, Any]) -> ImageTransforms:
        return image_transforms(self.model, header.get(TRANSFORMS, COMPRESSAI))


def _analyse(transforms: ImageTransforms, frames: Tensor, padding: PicturePadding) -> Tensor:
    def analyse(batch: Tensor) -> Tensor:
        return transforms.analyse(padding.to_network(batch))

    return in_picture_batches(analyse, frames, padding.padded)


def _synthesise(transforms: ImageTransforms, latents: Sequence[CodedLatent], padding: PicturePadding) -> Tensor:
    def synthesise(batch: Tensor) -> Tensor:
        return padding.to_frames(transforms.synthesise(batch))

    return in_picture_batches(synthesise, torch.cat([latent.values for latent in latents]), padding.padded)
