"""A model of CompressAI's kind as a codec, without an adapter of the user's.

All that it asks of a model: `compress(x) -> {"strings": ..., "shape": ...}` and `decompress(strings, shape) ->
{"x_hat": ...}`, pictures float32 [1, 3, H, W] in 0..1. The strings, back to back, are a unit's payload, so that payload
bits are what CompressAI's bpp counts. A decoder sees them and the header, and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.codecs.own.padding import LARGEST, find_multiple
from ahc_stream.codecs.own.strings import as_shape, flat, nested, nesting, plain
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.unit import Unit

_LONGEST = 300  # characters of a model's own message


def is_network(target: Any) -> bool:
    """Whether it is a model, or a class of models, with `compress` and `decompress`."""
    is_module = issubclass(target, nn.Module) if isinstance(target, type) else isinstance(target, nn.Module)
    return is_module and hasattr(target, "compress") and hasattr(target, "decompress")


class NetworkCodec:
    """A model at one operating point, on one device, for one lane. Frames are coded one by one.

    identity:  the beginning of a SHA-256 over its tensors; a decoder must have the encoder's.
    """

    intra_only: ClassVar[bool] = True

    def __init__(self, point: OperatingPoint, model: nn.Module, device: torch.device) -> None:
        """Tries which multiples of pixels the model takes. Raises CodecError where it takes none."""
        self.point, self._device = point, device
        self.model: Any = model.to(device).eval().requires_grad_(False)
        update = getattr(model, "update", None)
        with self._errors("update"):
            if callable(update):
                update()  # fills what tables of probabilities are empty
        self.identity = _digest(self.model)
        with fixed_arithmetic(device):
            self._multiple = find_multiple(point.codec, self.model, self._trip, device)

    def encode(self, clip: Clip) -> Bitstream:
        """One I frame per frame. Raises CodecError."""
        padding = PicturePadding(clip.height, clip.width, self._multiple)
        coded = [self._encode(frame[None], padding) for frame in clip.frames]
        forms = [form for form, _ in coded]
        if any(form != forms[0] for form in forms):
            raise CodecError(f"strings of one form out of {self.point.codec}", f"{forms}"[:_LONGEST], "check compress")
        units = tuple(
            Unit(b"".join(strings), frame, parts=tuple(map(len, strings))) for frame, (_, strings) in enumerate(coded)
        )
        return Bitstream(self.point.codec, {**self._header(padding), **forms[0]}, units)

    def decode(self, bitstream: Bitstream) -> Tensor:
        """uint8 [N, 3, H, W] on the codec's device. Raises CodecError."""
        padding = self._padding(bitstream.header)
        units = sorted(bitstream.units, key=lambda unit: unit.frame)
        return torch.cat([self._decode(bitstream.header, unit, padding) for unit in units])

    def _encode(self, frame: Tensor, padding: PicturePadding) -> tuple[Mapping[str, Any], list[bytes]]:
        """What a header says of the strings, and the strings."""
        with fixed_arithmetic(self._device), self._errors("compress"):
            out = self.model.compress(padding.to_network(frame))
            return {"shape": plain(out["shape"]), "strings": nesting(out["strings"])}, flat(out["strings"])

    def _decode(self, header: Mapping[str, Any], unit: Unit, padding: PicturePadding) -> Tensor:
        unit.check()
        ends = list(accumulate(unit.parts))
        strings = [unit.payload[end - size : end] for end, size in zip(ends, unit.parts, strict=True)]
        with fixed_arithmetic(self._device), self._errors("decompress"):
            picture = self.model.decompress(nested(header["strings"], strings), as_shape(header["shape"]))["x_hat"]
        if tuple(picture.shape) != (1, 3, *padding.padded):
            expected = f"a picture of {list(padding.padded)} out of {self.point.codec}"
            raise CodecError(expected, f"one of shape {list(picture.shape)}", "check its decompress")
        return padding.to_frames(picture)

    def _trip(self, picture: Tensor) -> Tensor:
        out = self.model.compress(picture)
        returned: Tensor = self.model.decompress(out["strings"], out["shape"])["x_hat"]
        return returned

    def _header(self, padding: PicturePadding) -> Mapping[str, Any]:
        size = [padding.height, padding.width]
        return {"model": self.point.codec, "weights": self.identity, "size": size, "padding": padding.multiple}

    def _padding(self, header: Mapping[str, Any]) -> PicturePadding:
        """Raises CodecError for a header that another codec or other weights wrote."""
        try:
            (height, width), multiple, weights = header["size"], header["padding"], header["weights"]
        except (KeyError, TypeError, ValueError) as error:
            raise CodecError(f"a header of {self.point.codec}", f"{header}"[:_LONGEST], "encode it again") from error
        if weights != self.identity:
            raise CodecError(f"weights {self.identity}", f"a stream of {weights}", "decode it with its own weights")
        sizes = (height, width, multiple)
        if not all(isinstance(size, int) and size > 0 for size in sizes) or multiple > LARGEST:
            raise CodecError("sizes in pixels", f"{sizes}"[:_LONGEST], "encode it again")
        return PicturePadding(height, width, multiple)

    @contextmanager
    def _errors(self, method: str) -> Iterator[None]:
        """Whatever the user's model raises, as a CodecError that says where."""
        try:
            yield
        except CodecError:
            raise
        except Exception as error:  # any kind: it is the user's code
            got = f"{type(error).__name__}: {error}"[:_LONGEST]
            expected = f"{method} of {self.point.codec} to succeed"
            raise CodecError(expected, got, "try it on a picture by itself") from error


def _digest(model: nn.Module) -> str:
    """The beginning of a SHA-256 over all tensors of a model, by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name}\0{tensor.dtype}\0{list(tensor.shape)}\0".encode())
        digest.update(tensor.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()[:16]
