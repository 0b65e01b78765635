"""ssf2020, scale-space flow, as CompressAI has it: closed GOPs of one I frame and P frames that warp the frame before.

A P frame codes motion (two displacements and a blur level per pixel), predicts by sampling a stack of ever more blurred
references, and codes what the prediction left. The reference that is fed back is clamped to 0..1, as CompressAI's codec
example does and its `model.compress()` does not; the published figures are with the clamp.

Many GOPs go in step: the frames at one place in all of them are one batch for the coder, and on a GPU for the transforms
too. The entropy parameters depend on z alone, so a decoder reads the strings of many frames at once. Both sides run the
same functions on the same shapes: the encoder's reconstruction is the decoder's output.

    Agustsson et al. 2020, "Scale-space flow for end-to-end optimized video compression", CVPR
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from ahc_stream.codecs.arithmetic import BUDGET_BYTES, fixed_arithmetic, frames_at_once
from ahc_stream.codecs.coders import coder as coder_of
from ahc_stream.codecs.entropy import Coder
from ahc_stream.codecs.flow_transforms import (
    DEFAULT,
    MOST_THREADS,
    FlowTransforms,
    cpu_threads,
    flow_transforms,
)
from ahc_stream.codecs.learned_model import Model, load
from ahc_stream.codecs.learned_stream import blank, naming_frames, pack, strings_of, unpack, verify
from ahc_stream.codecs.padding import Padding
from ahc_stream.codecs.priors import Coded, Hyperprior
from ahc_stream.codecs.zoo import labelled
from ahc_stream.core.batches import in_fixed_batches
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError, InvalidValue
from ahc_stream.core.trial import Bitstream, OperatingPoint

MULTIPLE = 128  # seven strides of two: four of the transforms, three of the hyperpriors
DEFAULT_GOP = "12"
MOST_AT_ONCE = 4096
BYTES_HELD = 128  # per padded pixel of a GOP in step: reference, picture, prediction, motion, latents; an estimate

LATENTS: Mapping[str, tuple[str, ...]] = {"I": ("img",), "P": ("motion", "res")}
"""Frame type -> the latents of such a frame, in coding order, each with its y and its z string."""


def make(point: OperatingPoint, device: torch.device, weights: str | None, entropy: str = "native") -> LearnedVideo:
    """The codec of ssf2020; `weights` as `learned_model.load` takes, `entropy` as `coders.coder`.

    Options: gop, frames per GOP, at least 1; transforms, see `flow_transforms`, which a decoder takes from the stream.
    """
    point = labelled(point, weights, gop=DEFAULT_GOP)
    gop = dict(point.options)["gop"]
    if not gop.isdecimal() or int(gop) < 1:
        raise InvalidValue("gop as a whole number from 1", repr(gop), f"write gop={DEFAULT_GOP}")
    model, coder = load(point, device, weights), coder_of(entropy)
    flow_transforms(model, _transforms(point))  # refuses here what this device cannot do
    priors = {name: _hyperprior(model, name, coder) for names in LATENTS.values() for name in names}
    return LearnedVideo(point, model, priors, int(gop))


def _transforms(point: OperatingPoint) -> str:
    return dict(point.options).get("transforms", DEFAULT)


def _hyperprior(model: Model, name: str, coder: Coder) -> Hyperprior:
    """Frame by frame in either direction, and in plain layout, so that the batch shows in no bit."""
    prefix = f"{name}_hyperprior"
    network = model.network.get_submodule(prefix)

    def analyse(y: Tensor) -> Tensor:
        return in_fixed_batches(network.hyper_encoder, 1, y).clone(memory_format=torch.contiguous_format)

    return Hyperprior(
        model.bottleneck(f"{prefix}.entropy_bottleneck", coder),
        model.gaussian(f"{prefix}.gaussian_conditional", coder),
        analyse=analyse,
        predict=lambda z: (network.hyper_decoder_scale(z), network.hyper_decoder_mean(z)),
        stride=MULTIPLE,
    )


@dataclass(frozen=True)
class Terms:
    """What decides the bits of the transforms, as a stream's header has it.

    transforms:  the name of the arithmetic, see `flow_transforms`.
    batch:       frames that go through a transform together, each from another GOP.
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
                raise CodecError(f"{what} from 1 to {most}", repr(number), _BROKEN)
        return terms


@dataclass(frozen=True, eq=False)
class LearnedVideo:
    """A codec for one lane: the shared network, and three hyperpriors with a coder of its own.

    batch:  frames through a transform at once, None for what memory suggests: see `_terms`.
    """

    point: OperatingPoint
    model: Model
    priors: Mapping[str, Hyperprior]
    gop: int
    batch: int | None = None

    def encode(self, clip: Clip) -> Bitstream:
        """Closed GOPs; I frames only where the clip's frames are not consecutive. Raises CodecError."""
        return self.encode_with_reconstruction(clip)[0]

    def encode_with_reconstruction(self, clip: Clip) -> tuple[Bitstream, Tensor]:
        """The bitstream, and the frames as `decode` will return them: uint8 [N, 3, H, W]. The encoder needs them anyway."""
        self.model.check(clip.frames)
        padding = Padding(clip.height, clip.width, MULTIPLE)
        length = self.gop if clip.consecutive else 1
        gops = [range(start, min(start + length, len(clip))) for start in range(0, len(clip), length)]
        terms = self._terms(padding, len(gops))
        frames, coded = blank(len(clip), padding, clip.device), {}
        with self._arithmetic(terms):
            steps = _InStep(self.model, self.priors, terms, flow_transforms(self.model, terms.transforms))
            for together in _groups(gops, padding, terms.batch):
                coded |= steps.encode(clip.frames, together, frames, padding)
        latent = padding.padded[0] // MULTIPLE, padding.padded[1] // MULTIPLE
        bitstream = pack(self.model, padding, latent, [coded[i] for i in range(len(clip))])
        return replace(bitstream, header={**bitstream.header, **vars(terms)}), frames

    def decode(self, bitstream: Bitstream) -> Tensor:
        """uint8 [N, 3, H, W] on the codec's device. Raises CodecError, and EntropyDesync rather than a wrong picture."""
        padding, latent = unpack(bitstream, self.model, MULTIPLE, MULTIPLE)
        gops, terms = _gops(bitstream), Terms.of(bitstream.header)
        frames = blank(len(bitstream.units), padding, self.model.network_device)
        with self._arithmetic(terms):
            steps = _InStep(self.model, self.priors, terms, flow_transforms(self.model, terms.transforms))
            for together in _groups(gops, padding, terms.batch):
                steps.decode(bitstream, together, latent, frames, padding)
        return frames

    def _terms(self, padding: Padding, gops: int) -> Terms:
        """On the CPU one frame at a time: a batch gains nothing there. On a GPU a frame of every GOP, within a budget."""
        on_cpu = self.model.device.type == "cpu"
        threads = min(torch.get_num_threads(), MOST_THREADS) if on_cpu else 1
        batch = self.batch or min(frames_at_once(padding.padded, self.model.device), gops, MOST_AT_ONCE)
        return Terms(_transforms(self.point), batch, threads)

    @contextmanager
    def _arithmetic(self, terms: Terms) -> Iterator[None]:
        on_cpu = self.model.device.type == "cpu"
        with fixed_arithmetic(self.model.device), cpu_threads(terms.threads if on_cpu else torch.get_num_threads()):
            yield


@dataclass(frozen=True, eq=False)
class _InStep:
    """Several GOPs at once, the longest first: frame t of every GOP that has one, then frame t + 1."""

    model: Model
    priors: Mapping[str, Hyperprior]
    terms: Terms
    using: FlowTransforms

    def encode(
        self, originals: Tensor, gops: Sequence[range], decoded: Tensor, padding: Padding
    ) -> dict[int, tuple[str, list[Coded]]]:
        """By frame, its type and latents; writes the reconstruction into `decoded`."""
        reference, coded = None, {}
        for now in _steps(gops):
            pictures = padding.to_network(originals[now])
            if reference is None:
                latents, reference = self._encode_intra(pictures)
            else:
                latents, reference = self._encode_inter(pictures, reference[: len(now)])
            decoded[now] = padding.to_frames(reference)
            kind = "I" if len(latents) == 1 else "P"
            coded |= {frame: (kind, [latent[i] for latent in latents]) for i, frame in enumerate(now)}
        return coded

    def decode(
        self, bitstream: Bitstream, gops: Sequence[range], latent: tuple[int, int], decoded: Tensor, padding: Padding
    ) -> None:
        """Writes the frames of these GOPs into `decoded`."""
        reference, steps = None, list(_steps(gops))
        ahead = _within_budget(padding, len(gops))
        for first in range(0, len(steps), ahead):
            values = self._read(bitstream, steps[first : first + ahead], latent)
            for now in steps[first : first + ahead]:
                held = reference if reference is None else reference[: len(now)]
                reference = self._decode_step([torch.cat(each) for each in zip(*map(values.get, now))], held)
                decoded[now] = padding.to_frames(reference)

    def _read(
        self, bitstream: Bitstream, steps: Sequence[Sequence[int]], latent: tuple[int, int]
    ) -> dict[int, list[Tensor]]:
        """By frame, the values of its latents, one call of the coder for all y of a kind and one for all z."""
        frames = [frame for now in steps for frame in now]
        coded: dict[int, list[Coded]] = {frame: [] for frame in frames}
        for kind, names in LATENTS.items():
            places = [frame for frame in frames if bitstream.units[frame].type == kind]
            strings = [strings_of(bitstream, place, 2 * len(names)) for place in places]
            for i, name in enumerate(names if places else ()):
                with naming_frames(places):
                    read = self.priors[name].decode([each[2 * i : 2 * i + 2] for each in strings], latent)
                for place, each in zip(places, read, strict=True):
                    coded[place].append(each)
        for frame in frames:
            verify(bitstream, bitstream.units[frame], coded[frame], self.model.device)
        return {frame: [each.values for each in latents] for frame, latents in coded.items()}

    def _encode_intra(self, pictures: Tensor) -> tuple[list[list[Coded]], Tensor]:
        image = self.priors["img"].encode(self._run("img_encoder", pictures))
        return [image], self._intra(_joined(image))

    def _encode_inter(self, pictures: Tensor, reference: Tensor) -> tuple[list[list[Coded]], Tensor]:
        motion = self.priors["motion"].encode(self._run("motion_encoder", torch.cat((pictures, reference), dim=1)))
        prediction = self._prediction(reference, _joined(motion))
        residual = self.priors["res"].encode(self._run("res_encoder", pictures - prediction))
        return [motion, residual], self._inter(prediction, _joined(motion), _joined(residual))

    def _decode_step(self, values: Sequence[Tensor], reference: Tensor | None) -> Tensor:
        """The next references: float32 [B, 3, *padded], clamped to 0..1."""
        if reference is None:
            return self._intra(values[0])
        motion, residual = values
        return self._inter(self._prediction(reference, motion), motion, residual)

    def _intra(self, image: Tensor) -> Tensor:
        return self._run("img_decoder", image).clamp(0, 1)

    def _prediction(self, reference: Tensor, motion: Tensor) -> Tensor:
        return in_fixed_batches(self.using.predict, self.terms.batch, reference, self._run("motion_decoder", motion))

    def _inter(self, prediction: Tensor, motion: Tensor, residual: Tensor) -> Tensor:
        return (prediction + self._run("res_decoder", torch.cat((residual, motion), dim=1))).clamp(0, 1)

    def _run(self, name: str, batch: Tensor) -> Tensor:
        try:
            return in_fixed_batches(self.using.run[name], self.terms.batch, batch)
        except torch.OutOfMemoryError as error:
            got = f"out of memory on {batch.device} at {self.terms.batch} frames of {tuple(batch.shape[1:])}"
            raise CodecError("memory for the transforms", got, "use fewer lanes, or shorter clips") from error


def _joined(coded: Sequence[Coded]) -> Tensor:
    return torch.cat([each.values for each in coded])


def _steps(gops: Sequence[range]) -> Iterator[list[int]]:
    """The frames that are coded together, step after step; GOPs that are over drop off at the end."""
    for t in range(len(gops[0])):
        yield [gop[t] for gop in gops if t < len(gop)]


def _groups(gops: Sequence[range], padding: Padding, batch: int) -> Iterator[Sequence[range]]:
    """GOPs that go in step: the longest first, as many as memory holds, in whole batches."""
    ordered = sorted(gops, key=len, reverse=True)
    size = max(1, _within_budget(padding, 1) // batch) * batch
    return (ordered[i : i + size] for i in range(0, len(ordered), size))


def _within_budget(padding: Padding, frames: int) -> int:
    return max(1, BUDGET_BYTES // (BYTES_HELD * padding.padded[0] * padding.padded[1] * frames))


def _gops(bitstream: Bitstream) -> list[range]:
    """The closed GOPs of a stream. Raises CodecError for units that are not those of frames in display order."""
    starts = []
    for position, unit in enumerate(bitstream.units):
        if unit.frame != position:
            raise CodecError(f"frame {position} next", f"frame {unit.frame}", "ssf2020 codes in display order")
        if unit.type == "I":
            starts.append(position)
        elif unit.type not in LATENTS or not starts:
            raise CodecError("an I frame, or a P frame after one", f"type {unit.type!r} at frame {unit.frame}", _BROKEN)
    return [range(start, end) for start, end in zip(starts, [*starts[1:], len(bitstream.units)], strict=True)]


_BROKEN = "fetch the stream again, or report its encoder"
