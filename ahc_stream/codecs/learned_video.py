"""ssf2020, scale-space flow, as CompressAI has it: closed GOPs of one I frame and P frames that warp the frame before.

A P frame codes motion (two displacements and a blur level per pixel), predicts by sampling a stack of ever more blurred
references, and codes what the prediction left. The reference that is fed back is clamped to 0..1, as CompressAI's codec
example does and its `model.compress()` does not; the published figures are with the clamp. One frame is coded at a
time, with the same functions and shapes on both sides, so the encoder's reconstruction is the decoder's output.

    Agustsson et al. 2020, "Scale-space flow for end-to-end optimized video compression", CVPR
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ahc_stream.codecs.arithmetic import fixed_arithmetic
from ahc_stream.codecs.entropy import Coder, CompressaiCoder
from ahc_stream.codecs.learned_model import Model, load
from ahc_stream.codecs.learned_stream import blank, pack, strings_of, unpack, verify
from ahc_stream.codecs.padding import Padding
from ahc_stream.codecs.priors import Coded, Hyperprior
from ahc_stream.codecs.zoo import labelled
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.trial import Bitstream, OperatingPoint

MULTIPLE = 128  # seven strides of two: four of the transforms, three of the hyperpriors
DEFAULT_GOP = "12"

LATENTS: Mapping[str, tuple[str, ...]] = {"I": ("img",), "P": ("motion", "res")}
"""Frame type -> the latents of such a frame, in coding order, each with its y and its z string."""


def make(point: OperatingPoint, device: torch.device, weights: str | None) -> LearnedVideo:
    """The codec of ssf2020; `weights` as `learned_model.load` takes. Option gop: frames per GOP, at least 1."""
    point = labelled(point, weights, gop=DEFAULT_GOP)
    gop = dict(point.options)["gop"]
    if not gop.isdecimal() or int(gop) < 1:
        raise InvalidValue("gop as a whole number from 1", repr(gop), f"write gop={DEFAULT_GOP}")
    model, coder = load(point, device, weights), CompressaiCoder()
    priors = {name: _hyperprior(model, name, coder) for names in LATENTS.values() for name in names}
    return LearnedVideo(point, model, priors, int(gop))


def _hyperprior(model: Model, name: str, coder: Coder) -> Hyperprior:
    prefix = f"{name}_hyperprior"
    network = model.network.get_submodule(prefix)
    return Hyperprior(
        model.bottleneck(f"{prefix}.entropy_bottleneck", coder),
        model.gaussian(f"{prefix}.gaussian_conditional", coder),
        analyse=network.hyper_encoder,
        predict=lambda z: (network.hyper_decoder_scale(z), network.hyper_decoder_mean(z)),
        stride=MULTIPLE,
    )


@dataclass(frozen=True, eq=False)
class LearnedVideo:
    """A codec for one lane: the shared network, and three hyperpriors with a coder of its own."""

    point: OperatingPoint
    model: Model
    priors: Mapping[str, Hyperprior]
    gop: int

    def encode(self, clip: Clip) -> Bitstream:
        """Closed GOPs; I frames only where the clip's frames are not consecutive. Raises CodecError."""
        return self.encode_with_reconstruction(clip)[0]

    def encode_with_reconstruction(self, clip: Clip) -> tuple[Bitstream, Tensor]:
        """The bitstream, and the frames as `decode` will return them: uint8 [N, 3, H, W]. The encoder needs them anyway."""
        self.model.check(clip.frames)
        padding = Padding(clip.height, clip.width, MULTIPLE)
        gop = self.gop if clip.consecutive else 1
        frames, coded = blank(len(clip), padding, clip.device), []
        with fixed_arithmetic(self.model.device):
            for start in range(0, len(clip), gop):
                coded += self._encode_gop(clip.frames[start : start + gop], frames[start : start + gop], padding)
        latent = padding.padded[0] // MULTIPLE, padding.padded[1] // MULTIPLE
        return pack(self.model, padding, latent, coded), frames

    def decode(self, bitstream: Bitstream) -> Tensor:
        """uint8 [N, 3, H, W] on the codec's device. Raises CodecError, and EntropyDesync rather than a wrong picture."""
        padding, latent = unpack(bitstream, self.model, MULTIPLE, MULTIPLE)
        frames = blank(len(bitstream.units), padding, self.model.network_device)
        reference = None
        with fixed_arithmetic(self.model.device):
            for position, unit in enumerate(bitstream.units):
                if unit.frame != position:
                    raise CodecError(f"frame {position} next", f"frame {unit.frame}", "ssf2020 codes in display order")
                reference = self._decode_frame(bitstream, position, latent, reference)
                frames[position] = padding.to_frames(reference)[0]
        return frames

    def _encode_gop(self, originals: Tensor, decoded: Tensor, padding: Padding) -> list[tuple[str, list[Coded]]]:
        """Types and latents of one GOP's frames; writes the reconstruction into `decoded`."""
        reference, coded = None, []
        for i in range(len(originals)):
            picture = padding.to_network(originals[i : i + 1])
            if reference is None:
                kind, latents, reference = "I", *self._encode_intra(picture)
            else:
                kind, latents, reference = "P", *self._encode_inter(picture, reference)
            coded.append((kind, latents))
            decoded[i] = padding.to_frames(reference)[0]
        return coded

    def _encode_intra(self, picture: Tensor) -> tuple[list[Coded], Tensor]:
        image = self.priors["img"].encode(self.model.network.img_encoder(picture))[0]
        return [image], self._intra(image)

    def _encode_inter(self, picture: Tensor, reference: Tensor) -> tuple[list[Coded], Tensor]:
        network = self.model.network
        motion = self.priors["motion"].encode(network.motion_encoder(torch.cat((picture, reference), dim=1)))[0]
        prediction = self._prediction(reference, motion)
        residual = self.priors["res"].encode(network.res_encoder(picture - prediction))[0]
        return [motion, residual], self._inter(prediction, motion, residual)

    def _decode_frame(
        self, bitstream: Bitstream, position: int, latent: tuple[int, int], reference: Tensor | None
    ) -> Tensor:
        """The next reference: float32 [1, 3, *padded], clamped to 0..1."""
        unit = bitstream.units[position]
        names = LATENTS.get(unit.type, ())
        if not names or (unit.type == "P" and reference is None):
            raise CodecError("an I frame, or a P frame after one", f"type {unit.type!r} at frame {unit.frame}", _BROKEN)
        strings = strings_of(bitstream, position, 2 * len(names))
        coded = [self.priors[name].decode([strings[2 * i : 2 * i + 2]], latent)[0] for i, name in enumerate(names)]
        verify(bitstream, unit, coded, self.model.device)
        if reference is None or unit.type == "I":
            return self._intra(coded[0])
        return self._inter(self._prediction(reference, coded[0]), *coded)

    def _intra(self, image: Coded) -> Tensor:
        return self.model.network.img_decoder(image.values).clamp(0, 1)

    def _prediction(self, reference: Tensor, motion: Coded) -> Tensor:
        network = self.model.network
        return network.forward_prediction(reference, network.motion_decoder(motion.values))

    def _inter(self, prediction: Tensor, motion: Coded, residual: Coded) -> Tensor:
        both = torch.cat((residual.values, motion.values), dim=1)
        return (prediction + self.model.network.res_decoder(both)).clamp(0, 1)


_BROKEN = "fetch the stream again, or report its encoder"
