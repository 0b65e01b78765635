"""Learned codecs against CompressAI's own loops, on the same tensors in the same run.

`whole.py` has the rows of whole image codecs, `video.py` those of ssf2020.

cheng2020-anchor at quality 6, entropy stage: from y and what the hyperprior says (float32, on the CPU) to y's string,
and from the string and the hyperprior back to y. The transforms and z are left out on both sides:

    CompressAI  `_compress_ar` and `_decompress_ar`, one image after the other: the only way it has
    ours        `ContextPrior.write` and `.read`: the default arithmetic; all images of a row at once

Pictures are Kodak's where $AHC_STREAM_PATH/datasets/kodak has them, else drawn ones of the same size; rows say which.
The weights are random ones that behave like trained ones (`random_weights`): the time does not depend on what they are.
One thread, CPU time on both sides, so that other programs on the machine do not show. "of bound": the row's
multiplications at the speed of one large product of the same kind, over the time taken.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from harness import Row, median_seconds, report, require
from kodak import IMAGES, pictures
from torch import Tensor
from video import ssf2020
from whole import stepped_rows, whole_rows

from ahc_stream import codecs
from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic
from ahc_stream.codecs.learned.context_prior import ContextPrior
from ahc_stream.codecs.learned.wavefront import KERNEL, REACH
from ahc_stream.core.point import OperatingPoint
from ahc_stream.kernels.fixed_product import FixedProduct

CPU = torch.device("cpu")
ROUNDS = 1  # after a warm-up; CompressAI's loops take long, and CPU time repeats within some per cent
GOALS = {"one, raster": (12, 6), "lock-step, raster": (15, 20), "lock-step, wave": (15, 30)}
"""Row -> how many times faster than CompressAI: encode, decode."""


@dataclass(frozen=True)
class Latents:
    """y [B, M, 32, 48] and what the hyperprior says of it [B, 2M, 32, 48], float32."""

    y: Tensor
    hyper: Tensor
    origin: str


def prior_of(order: str, arithmetic: str = "float64") -> ContextPrior:
    point = OperatingPoint("cheng2020-anchor", 6, (("arithmetic", arithmetic), ("order", order)))
    return codecs.make(point, CPU, "random:0").prior


def latents(prior: ContextPrior) -> Latents:
    frames, origin = pictures()
    network = prior.model.network
    y = torch.cat([network.g_a(frame) for frame in frames.split(1)])
    z = prior.bottleneck.values(prior.bottleneck.symbols(network.h_a(y)))
    return Latents(y, torch.cat([network.h_s(part) for part in z.split(1)]), origin)


def their_encode(prior: ContextPrior, data: Latents) -> bytes:
    padded = F.pad(data.y[:1], (REACH,) * 4)
    return prior.model.network._compress_ar(padded, data.hyper[:1], *data.y.shape[2:], KERNEL, REACH)


def their_decode(prior: ContextPrior, data: Latents, string: bytes) -> Tensor:
    latent = torch.zeros_like(F.pad(data.y[:1], (REACH,) * 4))
    prior.model.network._decompress_ar(string, latent, data.hyper[:1], *data.y.shape[2:], KERNEL, REACH)
    return latent[..., REACH:-REACH, REACH:-REACH]


def bound(prior: ContextPrior, positions: int) -> float:
    """CPU time of a latent's multiplications at the speed of one product of many rows. Its coder's time is left out."""
    network, depth = prior.model.network, 2048
    product, rows = FixedProduct(torch.randn(depth, 384)), torch.randn(512, depth, dtype=torch.float64)
    start = torch.zeros(1, 384, dtype=torch.float64)
    seconds = median_seconds({"": lambda: product(rows, start)}, ROUNDS, time.process_time)[""]
    layers = [layer.weight.numel() for layer in network.entropy_parameters if hasattr(layer, "weight")]
    context = int(network.context_prediction.mask.sum())
    return positions * (context + sum(layers)) * seconds / (512 * depth * 384)


def checked(raster: ContextPrior, wave: ContextPrior, data: Latents, theirs: bytes) -> dict[str, list[bytes]]:
    """Our strings by row, once they lead back to the encoder's symbols, and CompressAI's leads back to CompressAI's."""
    strings = {}
    for row, prior, count in (
        ("one, raster", raster, 1),
        ("lock-step, raster", raster, IMAGES),
        ("lock-step, wave", wave, IMAGES),
    ):
        written = prior.write(data.y[:count], data.hyper[:count])
        strings[row] = [latent.strings[0] for latent in written]
        symbols, values = prior.read(strings[row], data.hyper[:count])
        require(torch.equal(symbols, torch.stack([latent.symbols for latent in written])), f"{row} decodes")
        require(torch.equal(values, torch.cat([latent.values for latent in written])), f"{row} decodes to its values")
    require(strings["lock-step, raster"][:1] == strings["one, raster"], "a batch writes the strings of its images")
    _, values = prior_of("raster", "float32").read([theirs], data.hyper[:1])
    require(torch.equal(values, their_decode(raster, data, theirs)), "CompressAI's string decodes in float32")
    print(f"our string, float64, is CompressAI's own: {strings['one, raster'][0] == theirs}")
    return strings


def cheng2020() -> list[Row]:
    """Three ways through the entropy stage, each against CompressAI's one image at a time."""
    raster, wave = prior_of("raster"), prior_of("wave")
    with fixed_arithmetic(CPU):
        data = latents(raster)
        theirs = their_encode(raster, data)
        strings = checked(raster, wave, data, theirs)
        works = {"their encode": lambda: their_encode(raster, data)}
        works["their decode"] = lambda: their_decode(raster, data, theirs)
        for row, written in strings.items():
            prior, y, hyper = wave if "wave" in row else raster, data.y[: len(written)], data.hyper[: len(written)]
            works[f"{row} encode"] = lambda p=prior, y=y, h=hyper: p.write(y, h)
            works[f"{row} decode"] = lambda p=prior, s=written, h=hyper: p.read(s, h)
        seconds = median_seconds(works, ROUNDS, time.process_time)
        least = bound(raster, data.y.shape[2] * data.y.shape[3])
    rows = []
    for row, written in strings.items():
        for way, goal in zip(("encode", "decode"), GOALS[row], strict=True):
            ours = seconds[f"{row} {way}"] / len(written)
            name = f"cheng2020-anchor@6 entropy stage, {len(written)} {data.origin}, {row}: {way}"
            theirs_ms = 1e3 * seconds[f"their {way}"]
            rows.append(Row(name, "ms CPU an image", 1e3 * ours, theirs_ms, "CompressAI", goal, least / ours))
    return rows


BENCHMARKS = (cheng2020, whole_rows, stepped_rows, lambda: ssf2020(pictures()[0][0]))


def main() -> None:
    torch.set_num_threads(1)
    report("codecs", [row for benchmark in BENCHMARKS for row in benchmark()])


if __name__ == "__main__":
    main()
