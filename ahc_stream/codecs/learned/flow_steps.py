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

from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic, within_memory
from ahc_stream.codecs.learned.flow_transforms import (
    MOST_THREADS,
    FlowTransforms,
    cpu_threads,
    flow_transforms,
)
from ahc_stream.codecs.learned.model import Model
from ahc_stream.codecs.learned.priors import Coded, Hyperprior
from ahc_stream.codecs.learned.stream import naming_frames, strings_of, verify
from ahc_stream.core.batches import in_fixed_batches
from ahc_stream.core.errors import CodecError
from ahc_stream.core.unit import Unit

MOST_AT_ONCE = 4096
BROKEN = "fetch the stream again, or report its encoder"

LATENTS: Mapping[str, tuple[str, ...]] = {"I": ("img",), "P": ("motion", "res")}
"""Frame type -> the latents of such a frame, in coding order, each with its y and its z string."""


@dataclass(frozen=True)
class Terms:
    """What decides the bits of the transforms, as a stream's header has it.

    transforms:  the name of the arithmetic, see `flow_transforms`.
    batch:       frames that go through a transform together, each of another GOP; zeros stand in for missing ones.
    threads:     of torch on the CPU; 1 where the device is another.
    """

    transforms: str
    batch: int
    threads: int

    @classmethod
    def of(cls, header: Mapping[str, Any]) -> Terms:
        """A header's. One that says nothing, as made from a file of CompressAI's, has CompressAI's. Raises CodecError."""
        threads = min(torch.get_num_threads(), MOST_THREADS)
        terms = cls(header.get("transforms", "compressai"), header.get("batch", 1), header.get("threads", threads))
        for what, number, most in (("batch", terms.batch, MOST_AT_ONCE), ("threads", terms.threads, MOST_THREADS)):
            if type(number) is not int or not 1 <= number <= most:
                raise CodecError(f"{what} from 1 to {most}", repr(number), BROKEN)
        return terms


@dataclass(frozen=True, eq=False)
class FlowSteps:
    """The shared network and a lane's hyperpriors, in the arithmetic of one stream.

    header:  of the stream that is decoded, for what its checksums say of the device; empty for an encoder.
    """

    model: Model
    priors: Mapping[str, Hyperprior]
    terms: Terms
    header: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def using(self) -> FlowTransforms:
        return flow_transforms(self.model, self.terms.transforms)

    @contextmanager
    def arithmetic(self) -> Iterator[None]:
        """The surroundings of every other call."""
        on_cpu = self.model.device.type == "cpu"
        threads = self.terms.threads if on_cpu else torch.get_num_threads()
        with fixed_arithmetic(self.model.device), cpu_threads(threads):
            yield

    def encode(self, pictures: Tensor, reference: Tensor | None) -> tuple[str, list[list[Coded]], Tensor]:
        """The next frame of each of B GOPs, float32 [B, 3, *padded]: I frames without a reference, else P frames.

        Returns their type, for each latent what was coded of each frame, and the next references.
        """
        if reference is None:
            image = self.priors["img"].encode(self._run("img_encoder", pictures))
            return "I", [image], self._intra(_joined(image))
        motion = self.priors["motion"].encode(self._run("motion_encoder", torch.cat((pictures, reference), dim=1)))
        prediction = self._prediction(reference, _joined(motion))
        residual = self.priors["res"].encode(self._run("res_encoder", pictures - prediction))
        return "P", [motion, residual], self._inter(prediction, _joined(motion), _joined(residual))

    def decode(self, values: Sequence[Tensor], reference: Tensor | None) -> Tensor:
        """The next references: float32 [B, 3, *padded], clamped to 0..1."""
        if reference is None:
            return self._intra(values[0])
        motion, residual = values
        return self._inter(self._prediction(reference, motion), motion, residual)

    def read(self, units: Sequence[Unit], latent: tuple[int, int]) -> dict[int, list[Tensor]]:
        """By frame, the values of its latents, one call of the coder for all y of a kind and one for all z.

        The entropy parameters depend on z alone, so the strings of many frames are read before any is decoded.
        """
        coded: dict[int, list[Coded]] = {unit.frame: [] for unit in units}
        for kind, names in LATENTS.items():
            alike = [unit for unit in units if unit.type == kind]
            strings = [strings_of(unit, 2 * len(names)) for unit in alike]
            for i, name in enumerate(names if alike else ()):
                with naming_frames([unit.frame for unit in alike]):
                    read = self.priors[name].decode([each[2 * i : 2 * i + 2] for each in strings], latent)
                for unit, each in zip(alike, read, strict=True):
                    coded[unit.frame].append(each)
        for unit in units:
            verify(self.header, unit, coded[unit.frame], self.model.device)
        return {frame: [each.values for each in latents] for frame, latents in coded.items()}

    def _intra(self, image: Tensor) -> Tensor:
        return self._run("img_decoder", image).clamp(0, 1)

    def _prediction(self, reference: Tensor, motion: Tensor) -> Tensor:
        return in_fixed_batches(self.using.predict, self.terms.batch, reference, self._run("motion_decoder", motion))

    def _inter(self, prediction: Tensor, motion: Tensor, residual: Tensor) -> Tensor:
        return (prediction + self._run("res_decoder", torch.cat((residual, motion), dim=1))).clamp(0, 1)

    def _run(self, name: str, batch: Tensor) -> Tensor:
        with within_memory(batch, self.terms.batch):
            return in_fixed_batches(self.using.run[name], self.terms.batch, batch)


def _joined(coded: Sequence[Coded]) -> Tensor:
    return torch.cat([each.values for each in coded])
