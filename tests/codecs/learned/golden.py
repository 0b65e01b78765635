"""What the golden vectors are made of: pictures, and CompressAI's own compress and decompress around them."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from compressai.models import CompressionModel
from torch import Tensor

from ahc_stream import codecs
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.core.point import OperatingPoint
from tests.codecs.learned.exact_weights import CHANNELS, exact_checkpoint, exact_model
from tests.codecs.learned.learned import CPU

FOLDER = Path(__file__).parents[2] / "golden"
HEIGHT, WIDTH = 50, 60
COUNTS = {
    "bmshj2018-factorized": 1,
    "bmshj2018-factorized-relu": 1,
    "bmshj2018-hyperprior": 1,
    "bmshj2018-hyperprior-vbr": 1,
    "mbt2018-mean": 1,
    "mbt2018-mean-vbr": 1,
    "mbt2018": 1,
    "mbt2018-vbr": 1,
    "cheng2020-anchor": 1,
    "cheng2020-anchor-checkerboard": 1,
    "cheng2020-attn": 1,
    "elic2022-official": 1,
    "elic2022-chandelier": 1,
    "ssf2020": 3,
}
CODECS = tuple(COUNTS)
SCALES = {"bmshj2018-hyperprior-vbr": 0.75, "mbt2018-mean-vbr": 0.75, "mbt2018-vbr": 0.75}
"""Of the codecs of variable rate."""

Strings = list[list[bytes]]
"""Per frame, its strings in the order of a unit's payload."""


def golden_frames(codec: str) -> Tensor:
    """uint8 [N, 3, 50, 60]: waves of integers that move by two pixels a frame."""
    rows, columns = torch.arange(HEIGHT)[:, None], torch.arange(WIDTH)
    frames = [
        torch.stack(
            [(rows * (3 + c) + (columns + 2 * t) * (7 - c) + rows * (columns + 2 * t) // 9) % 256 for c in range(3)]
        )
        for t in range(COUNTS[codec])
    ]
    return torch.stack(frames).to(torch.uint8)


def our_codec(codec: str):
    """Ours with the same weights, in CompressAI's arithmetic."""
    theirs = {"gop": "3", "transforms": "compressai", "arithmetic": "float32"}
    options = tuple((name, theirs[name]) for name in codecs.CODECS[codec].options if name in theirs)
    return codecs.make(OperatingPoint(codec, SCALES.get(codec, 1), options), CPU, exact_checkpoint(codec))


def _model_and_arguments(codec: str) -> tuple[CompressionModel, dict[str, Tensor]]:
    """CompressAI's, and what its `compress` and `decompress` take beside pictures and strings."""
    model = exact_model(codec)
    if codec not in SCALES:
        return model, {}
    scale = torch.tensor(SCALES[codec])
    model.update(force=True, scale=scale)
    return model, {"inputscale": scale}


@torch.no_grad()
def written_by_compressai(codec: str) -> Strings:
    (model, arguments), padding = _model_and_arguments(codec), _padding(codec)
    pictures = padding.to_network(golden_frames(codec)).split(1)
    if codec != "ssf2020":
        return [[each for (each,) in model.compress(pictures[0], **arguments)["strings"]]]
    reference, out = model.encode_keyframe(pictures[0])
    frames = [[each for (each,) in out["strings"]]]
    for picture in pictures[1:]:
        reference, out = model.encode_inter(picture, reference.clamp(0, 1))
        frames.append([each for latent in ("motion", "residual") for (each,) in out["strings"][latent]])
    return frames


@torch.no_grad()
def decoded_by_compressai(codec: str, frames: Sequence[Sequence[bytes]]) -> Tensor:
    """uint8 [N, 3, 50, 60]."""
    (model, arguments), padding = _model_and_arguments(codec), _padding(codec)
    step = 16 if codec.startswith("bmshj2018-factorized") else padding.multiple
    shape = torch.Size(side // step for side in padding.padded)
    of_y = tuple(4 * side for side in shape)
    if codec == "cheng2020-anchor-checkerboard":  # it asks for the size of y too
        shape = {"hyper": shape, "y": (*CHANNELS[codec], *of_y)}
    if codec.startswith("elic2022"):
        shape = {"hyper": shape, "y": [(width, *of_y) for width in CHANNELS[codec][-1]]}
    lists = [[[string] for string in strings] for strings in frames]
    if codec != "ssf2020":
        return padding.to_frames(model.decompress(lists[0], shape, **arguments)["x_hat"])
    decoded = [model.decode_keyframe(lists[0], shape).clamp(0, 1)]
    for strings in lists[1:]:
        latents = {"motion": strings[:2], "residual": strings[2:]}
        decoded.append(model.decode_inter(decoded[-1], latents, dict.fromkeys(latents, shape)).clamp(0, 1))
    return padding.to_frames(torch.cat(decoded))


def _padding(codec: str) -> PicturePadding:
    return PicturePadding(HEIGHT, WIDTH, 128 if codec == "ssf2020" else 64)


def tables_digest(codec: str) -> str:
    """Of all the coder's tables."""
    return our_codec(codec).model.identity["cdf"]


def as_text(frames: Tensor) -> str:
    """uint8 frames for a JSON file: zlib, then base64."""
    return base64.b64encode(zlib.compress(frames.contiguous().numpy().tobytes(), 9)).decode()


def from_text(text: str) -> Tensor:
    """uint8 [N, 3, 50, 60]: what `as_text` was given."""
    pixels = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
    return torch.from_numpy(pixels.reshape(-1, 3, HEIGHT, WIDTH).copy())
