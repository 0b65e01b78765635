"""The steps of scale-space flow: an I frame, or a P frame after its reference, each for a batch of GOPs at once.

Encoder and decoder run the same functions on the same shapes, so the encoder's reference is the decoder's picture.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic
from ahc_stream.codecs.learned.coding import CodedLatent, PendingLatents
from ahc_stream.codecs.learned.flow_numerics import FlowNumerics
from ahc_stream.codecs.learned.flow_transforms import FlowTransforms, flow_transforms
from ahc_stream.codecs.learned.memory import BYTES_PER_PIXEL, within_memory
from ahc_stream.codecs.learned.model import Model
from ahc_stream.codecs.learned.priors import Hyperprior, Quantised
from ahc_stream.codecs.learned.recordings import Recordings, Work
from ahc_stream.codecs.learned.stream import naming_frames, strings_of, verify
from ahc_stream.core.batches import in_fixed_batches
from ahc_stream.core.threads import torch_threads
from ahc_stream.core.unit import Unit

LATENTS: Mapping[str, tuple[str, ...]] = {"I": ("img",), "P": ("motion", "res")}
"""Frame type -> the latents of such a frame, in coding order, each with its y and its z string."""


@dataclass(frozen=True, eq=False)
class FlowSteps:
    """The shared networks and a lane's hyperpriors, in the numerics of one stream.

    recordings:  the lane's.
    header:      of the stream that is decoded, for what its checksums say of the device; empty for an encoder.
    """

    model: Model
    priors: Mapping[str, Hyperprior]
    numerics: FlowNumerics
    recordings: Recordings
    header: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def transforms(self) -> FlowTransforms:
        """In the stream's arithmetic."""
        return flow_transforms(self.model, self.numerics.transforms)

    @contextmanager
    def arithmetic(self) -> Iterator[None]:
        """The surroundings of every other call."""
        on_cpu = self.model.device.type == "cpu"
        threads = self.numerics.threads if on_cpu else torch.get_num_threads()
        with fixed_arithmetic(self.model.device), torch_threads(threads):
            yield

    def encode(self, pictures: Tensor, reference: Tensor | None) -> tuple[str, list[PendingLatents], Tensor]:
        """The next frame of each of B GOPs, float32 [B, 3, *padded]: I frames without a reference, else P frames.

        Returns their type, each latent as it is being coded, and the next references.
        """
        if reference is None:
            image = self.priors["img"].encode(self._run("img_encoder", pictures))
            return "I", [image], self._intra(image.values)
        *quantised, reference = self._recorded("encode", self._encode_inter, pictures, reference)
        width = len(Quantised._fields)
        parts = (Quantised(*quantised[start : start + width]) for start in (0, width))
        latents = [self.priors[name].coding(part) for name, part in zip(LATENTS["P"], parts, strict=True)]
        return "P", latents, reference

    def _encode_inter(self, pictures: Tensor, reference: Tensor) -> tuple[Tensor, ...]:
        """A P frame: its motion and its residual, quantised, and the next reference."""
        both = torch.cat((pictures, reference), dim=1)
        motion = self.priors["motion"].quantise(self._run("motion_encoder", both))
        prediction = self._prediction(reference, motion.values)
        residual = self.priors["res"].quantise(self._run("res_encoder", pictures - prediction))
        return *motion, *residual, self._inter(prediction, motion.values, residual.values)

    def decode(self, values: Sequence[Tensor], reference: Tensor | None) -> Tensor:
        """The next references: float32 [B, 3, *padded], clamped to 0..1."""
        if reference is None:
            return self._intra(values[0])
        (picture,) = self._recorded("decode", self._decode_inter, *values, reference)
        return picture

    def _decode_inter(self, motion: Tensor, residual: Tensor, reference: Tensor) -> tuple[Tensor]:
        return (self._inter(self._prediction(reference, motion), motion, residual),)

    def _recorded(self, name: str, work: Work, *tensors: Tensor) -> Sequence[Tensor]:
        """A step as one launch, where that pays; the last tensor is the reference."""
        height, width = tensors[-1].shape[2:]
        working_bytes = BYTES_PER_PIXEL * self.numerics.batch * height * width
        return self.recordings.run((name, self.numerics), work, working_bytes, *tensors)

    def read(self, units: Sequence[Unit], shape: tuple[int, int]) -> dict[int, list[Tensor]]:
        """By frame, the values of its latents, one call of the coder for all y of a kind and one for all z.

        The entropy parameters depend on z alone, so the strings of many frames are read before any is decoded.

        shape:  (h, w) of the latent that is decoded first.
        """
        latents: dict[int, list[CodedLatent]] = {unit.frame: [] for unit in units}
        for kind, names in LATENTS.items():
            alike = [unit for unit in units if unit.type == kind]
            if alike:
                self._read(alike, names, shape, latents)
        for unit in units:
            verify(self.header, unit, latents[unit.frame], self.model.device)
        return {frame: [latent.values for latent in of_frame] for frame, of_frame in latents.items()}

    def _read(
        self,
        units: Sequence[Unit],
        names: Sequence[str],
        shape: tuple[int, int],
        latents: Mapping[int, list[CodedLatent]],
    ) -> None:
        """Appends the latents of units of one type, in coding order."""
        strings = [strings_of(unit, 2 * len(names)) for unit in units]
        frames = [unit.frame for unit in units]
        for index, name in enumerate(names):
            y_and_z = slice(2 * index, 2 * index + 2)
            with naming_frames(frames, self.header, self.model.device):
                coded = self.priors[name].decode([of_unit[y_and_z] for of_unit in strings], shape)
            for frame, latent in zip(frames, coded, strict=True):
                latents[frame].append(latent)

    def _intra(self, image: Tensor) -> Tensor:
        return self._run("img_decoder", image).clamp(0, 1)

    def _prediction(self, reference: Tensor, motion: Tensor) -> Tensor:
        flow = self._run("motion_decoder", motion)
        return in_fixed_batches(self.transforms.predict, self.numerics.batch, reference, flow)

    def _inter(self, prediction: Tensor, motion: Tensor, residual: Tensor) -> Tensor:
        difference = self._run("res_decoder", torch.cat((residual, motion), dim=1))
        return (prediction + difference).clamp(0, 1)

    def _run(self, name: str, batch: Tensor) -> Tensor:
        with within_memory(batch, self.numerics.batch):
            return in_fixed_batches(self.transforms.run[name], self.numerics.batch, batch)
