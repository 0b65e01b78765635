"""The range coder alone: one thread against CompressAI end to end, and two threads against one.

The picture is 768 x 512: a latent of 192 x 32 x 48 Gaussian values, each with a scale of the 64 in the table.

    ours     NativeCoder: int32 tensors of symbols and indexes to a string and back; tables built before, once
    theirs   GaussianConditional.compress / decompress: rounding or adding means, lists, tables, coding

Our codecs round and add means on the device that the latent is on. So that nothing is hidden, the rows "+ floats" have
that arithmetic on our side too, and the rows against compressai.ans have neither it nor the making of lists on theirs.
One string is one chain of states, each waiting for the last. Its shortest way through an x86 core since Skylake is the
bound of the one-thread rows, with every branch guessed and every load in the first-level cache; see CYCLES.

Rows of one thread are CPU time, those of two threads wall time: the latter need a machine with two idle cores.
"""

from __future__ import annotations

import time

import numba
import torch
from compressai.ans import RansDecoder, RansEncoder
from compressai.entropy_models import GaussianConditional
from compressai.models.base import get_scale_table
from harness import Row, median_seconds, report, require
from torch import Tensor

from ahc_stream.benches.entropy import Latents
from ahc_stream.codecs.entropy.native_coder import NativeCoder
from ahc_stream.codecs.entropy.tables import Tables

STRINGS = 24
ROUNDS = 15
IN_A_ROW = 5
"""A coder codes picture after picture: what the others leave in the caches counts once in five runs, for all alike."""
SKEWS = {"2.1": 3, "0.9": 8, "4.6": 1}
"""Bits per symbol, roughly -> scale number = 64 u^skew for uniform u: the higher, the more scales are small."""

CYCLES = {"encode": 9, "decode": 12}
"""Per symbol: high half of a product 4, shift 1, product 3, sum 1; low bits 1, shift 1, load 5, low bits 1, product 3,
sum 1."""


@numba.njit
def _chain(steps: int, x: int) -> int:
    for step in range(steps):
        x = (x * 0x9E3779B1) ^ step  # 3 cycles and 1, which neither overlap nor, unlike a sum, fold into fewer steps
    return x


def rebuilt(picture: Latents, symbols: Tensor) -> Tensor:
    """The values that `symbols` stand for: float32 [B, 192, 32, 48]."""
    return symbols.reshape(picture.means.shape) + picture.means


def cycle_seconds() -> float:
    """The length of a clock cycle in CPU time, now: the least of several, as other programs only ever add to it."""
    steps, seconds = 1_000_000, []
    for _ in range(30):
        start = time.process_time()
        _chain(steps, 1)
        seconds.append(time.process_time() - start)
    return min(seconds) / (4 * steps)


def one_picture(model: GaussianConditional, tables: Tables, bits: str, skew: float) -> list[Row]:
    """One thread: our coder against CompressAI end to end."""
    picture, coder = Latents.drawn(1, skew), NativeCoder(threads=1)
    symbols, rows = picture.symbols, picture.rows
    strings = model.compress(picture.values, picture.indexes, picture.means)
    theirs = model.decompress(strings, picture.indexes, means=picture.means)
    require(coder.encode(symbols, rows, tables) == strings, "our string is CompressAI's")
    require(torch.equal(rebuilt(picture, coder.decode(strings, rows, tables)), theirs), "our values are CompressAI's")
    seconds = median_seconds(
        {
            "encode": lambda: coder.encode(symbols, rows, tables),
            "encode + floats": lambda: coder.encode(picture.symbols, rows, tables),
            "compress": lambda: model.compress(picture.values, picture.indexes, picture.means),
            "decode": lambda: coder.decode(strings, rows, tables),
            "decode + floats": lambda: rebuilt(picture, coder.decode(strings, rows, tables)),
            "decompress": lambda: model.decompress(strings, picture.indexes, means=picture.means),
        },
        ROUNDS,
        time.process_time,
        IN_A_ROW,
    )
    bound = {way: cycles * symbols.numel() * cycle_seconds() for way, cycles in CYCLES.items()}
    return [
        Row(
            f"{way}{extra}, {bits} bits a symbol",
            "ms CPU",
            1e3 * seconds[way + extra],
            1e3 * seconds[peer],
            peer,
            *bounds,
        )
        for way, peer, goal in (("encode", "compress", 20), ("decode", "decompress", 15))
        for extra, bounds in (("", (goal, bound[way] / seconds[way])), (" + floats", ()))
    ]


def coders_alone(tables: Tables) -> list[Row]:
    """One thread, from what each coder takes: int32 tensors for ours, ready lists for CompressAI's."""
    picture, coder = Latents.drawn(1, SKEWS["2.1"]), NativeCoder(threads=1)
    symbols, rows = picture.symbols, picture.rows
    lists, where = symbols[0].tolist(), rows[0].tolist()
    args = tables.rows, tables.sizes, tables.first
    strings = coder.encode(symbols, rows, tables)
    require(RansEncoder().encode_with_indexes(lists, where, *args) == strings[0], "our string is CompressAI's")
    require(RansDecoder().decode_with_indexes(strings[0], where, *args) == lists, "our string decodes with CompressAI")
    seconds = median_seconds(
        {
            "encode": lambda: coder.encode(symbols, rows, tables),
            "their encode": lambda: RansEncoder().encode_with_indexes(lists, where, *args),
            "decode": lambda: coder.decode(strings, rows, tables),
            "their decode": lambda: RansDecoder().decode_with_indexes(strings[0], where, *args),
        },
        ROUNDS,
        time.process_time,
        IN_A_ROW,
    )
    return [
        Row(f"{way}, 2.1 bits a symbol", "ms CPU", 1e3 * seconds[way], 1e3 * seconds[f"their {way}"], "compressai.ans")
        for way in ("encode", "decode")
    ]


def two_threads(tables: Tables) -> list[Row]:
    """24 pictures' symbols, two threads against one; the bound is 2."""
    picture = Latents.drawn(STRINGS, SKEWS["2.1"])
    symbols, rows, one, two = picture.symbols, picture.rows, NativeCoder(threads=1), NativeCoder(threads=2)
    strings = one.encode(symbols, rows, tables)
    require(two.encode(symbols, rows, tables) == strings, "two threads write the strings of one")
    require(torch.equal(two.decode(strings, rows, tables), symbols), "two threads read what one wrote")
    seconds = median_seconds(
        {
            "encode 2": lambda: two.encode(symbols, rows, tables),
            "encode 1": lambda: one.encode(symbols, rows, tables),
            "decode 2": lambda: two.decode(strings, rows, tables),
            "decode 1": lambda: one.decode(strings, rows, tables),
        },
        ROUNDS,
    )
    pairs = [(way, 1e3 * seconds[f"{way} 2"], 1e3 * seconds[f"{way} 1"]) for way in ("encode", "decode")]
    return [
        Row(f"{way}, {STRINGS} strings, two threads", "ms", ours, peer, "one thread", 1.8, peer / ours / 2)
        for way, ours, peer in pairs
    ]


def main() -> None:
    torch.set_num_threads(1)
    model = GaussianConditional(None)
    model.update_scale_table(get_scale_table())
    tables = Tables.of(model)
    rows = [row for bits, skew in SKEWS.items() for row in one_picture(model, tables, bits, skew)]
    report("entropy", rows + coders_alone(tables) + two_threads(tables))


if __name__ == "__main__":
    main()
