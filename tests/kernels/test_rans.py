"""The range coder writes CompressAI's bytes and reads them back, whatever the message, the grouping or the steps."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import numpy as np
import pytest
import torch
from compressai.ans import RansDecoder as TheirDecoder

from ahc_stream.kernels.entropy_coder import RansDecoder, RansTables, rans_encode
from tests.kernels.rans_peers import (
    TOTAL,
    Rows,
    by_the_rules,
    gaussian_message,
    gaussian_rows,
    of_model,
    ours,
    random_rows,
    read,
    read_all,
    theirs,
)

FEW = Rows([[0, 20000, 40000, 60000, TOTAL]], [0])
LOW, HIGH = -(2**31), 2**31 - 1


def ints(*values: int) -> np.ndarray:
    return np.array(values, np.int32)


@pytest.mark.parametrize("highest", [1, 20, 64])  # scales up to 0.11, 1.2, 256
def test_gaussian_strings_are_compressai_s(highest: int) -> None:
    tables = gaussian_rows()
    symbols, indexes = gaussian_message(50_000, seed=highest, highest=highest)
    string = ours(tables, symbols, indexes)
    assert string == theirs(tables, symbols, indexes)
    assert (read(tables, string, indexes) == symbols).all()


def test_compressai_reads_our_strings() -> None:
    tables = gaussian_rows()
    symbols, indexes = gaussian_message(20_000, seed=1)
    string = ours(tables, symbols, indexes)
    args = indexes.tolist(), tables.rows, tables.sizes, tables.offsets
    assert TheirDecoder().decode_with_indexes(string, *args) == symbols.tolist()


def test_strings_of_an_entropy_bottleneck_are_compressai_s() -> None:
    from compressai.entropy_models import EntropyBottleneck

    torch.manual_seed(0)
    model = EntropyBottleneck(128)
    model.update()
    tables, z = of_model(model), torch.randn(2, 128, 8, 12) * 6
    strings = model.compress(z)
    symbols = model.quantize(z, "symbols", model._get_medians().reshape(1, -1, 1, 1)).reshape(2, -1).numpy()
    indexes = model._build_indexes(z.shape).reshape(2, -1).numpy()
    for string, message, where in zip(strings, symbols, indexes, strict=True):
        assert ours(tables, message, where) == string
        assert (read(tables, string, where) == message).all()


def test_strings_of_escaped_values_are_compressai_s() -> None:
    """Values up to where CompressAI's encoder stops returning: raw below 2^28."""
    random, tables = np.random.default_rng(0), gaussian_rows()
    sizes = 2.0 ** random.integers(0, 27, 5000)
    symbols = (random.uniform(-1, 1, 5000) * sizes).astype(np.int32)
    indexes = random.integers(0, 64, 5000).astype(np.int32)
    string = ours(tables, symbols, indexes)
    assert string == theirs(tables, symbols, indexes)
    assert (read(tables, string, indexes) == symbols).all()


@pytest.mark.parametrize("value", [-(2**27), -(2**27) + 1, -1, 3, 4, 10, 11, 2**27 - 1, 2**27 + 2])
def test_the_edges_of_each_number_of_nibbles_are_compressai_s(value: int) -> None:
    symbols, indexes = ints(1, 1, value, 2, 1), np.zeros(5, np.int32)
    assert ours(FEW, symbols, indexes) == theirs(FEW, symbols, indexes)


@pytest.mark.parametrize("offset", [0, -1566, LOW, HIGH])
@pytest.mark.parametrize("symbol", [LOW, LOW + 1, -(2**27) - 1, 0, 2**27 + 3, HIGH - 1, HIGH])
def test_every_int32_value_is_coded_by_the_same_rules(symbol: int, offset: int) -> None:
    """CompressAI's encoder does not return for most of these; in 32-bit arithmetic all have a code."""
    tables, symbols, indexes = Rows(FEW.rows, [offset]), ints(symbol, offset, symbol), ints(0, 0, 0)
    string = ours(tables, symbols, indexes)
    assert string == by_the_rules(tables, symbols, indexes)
    assert (read(tables, string, indexes) == symbols).all()


@pytest.mark.parametrize(
    ("symbols", "string"),
    [
        ([], "0000008000000000"),  # CompressAI's encoder: segmentation fault
        ([1], "605c6ea301000000"),  # CompressAI's encoder: memory corrupted, process aborted
        ([1, 1], "0066645e05000000"),  # from here on, its own bytes
        ([1, 1, 1], "c0869b9711000000"),
        ([1, 1, 1, 1], "808d6ba539000000"),
        ([1, 1, 1, 5, 1, 1], "018e8cec2abc0800"),
    ],
)
def test_short_messages(symbols: list[int], string: str) -> None:
    indexes = np.zeros(len(symbols), np.int32)
    assert ours(FEW, ints(*symbols), indexes).hex() == string
    assert by_the_rules(FEW, ints(*symbols), indexes).hex() == string
    assert read(FEW, bytes.fromhex(string), indexes).tolist() == symbols


def test_a_table_of_nothing_but_its_escape_codes_values_as_plain_nibbles() -> None:
    """Frequency 65536: CompressAI's encoder divides by zero. The escape costs no bits, each nibble 4."""
    tables, symbols, indexes = Rows([[0, TOTAL]], [0]), ints(0, -1, 9, 1000, LOW), np.zeros(5, np.int32)
    string = ours(tables, symbols, indexes)
    assert string == by_the_rules(tables, symbols, indexes)
    assert (read(tables, string, indexes) == symbols).all()


def test_a_table_of_65536_bins_is_taken() -> None:
    tables = Rows([list(range(TOTAL + 1))], [-5])
    symbols = np.random.default_rng(0).integers(-5, TOTAL - 6, 999).astype(np.int32)
    string = ours(tables, symbols, np.zeros(999, np.int32))
    assert string == theirs(tables, symbols, np.zeros(999, np.int32))
    assert (read(tables, string, np.zeros(999, np.int32)) == symbols).all()


@pytest.mark.parametrize("steep", [1, 7, 255, 4096, 32768, 65534])
def test_every_frequency_divides_exactly(steep: int) -> None:
    """Bins of `steep` and of what is left of 65536, in messages long enough to meet states of all sizes."""
    tables = Rows([[0, steep, TOTAL - 1, TOTAL]], [0])
    symbols = np.random.default_rng(steep).integers(0, 2, 3000).astype(np.int32)
    indexes = np.zeros(3000, np.int32)
    assert ours(tables, symbols, indexes) == theirs(tables, symbols, indexes)


LENGTHS = [0, 1, 40_000, 3, 0, 17, 40_000, 12_345, 2, 1000, 40_000]


def batch() -> tuple[Rows, np.ndarray, np.ndarray, np.ndarray]:
    symbols, indexes = gaussian_message(sum(LENGTHS), seed=3)
    symbols[::997] += 100_000  # some escapes
    return gaussian_rows(), symbols, indexes, np.concatenate([[0], np.cumsum(LENGTHS)])


@pytest.mark.parametrize("threads", [1, 2, 3, 16])
def test_strings_of_a_batch_are_those_of_its_messages_for_any_number_of_threads(threads: int) -> None:
    tables, symbols, indexes, bounds = batch()
    alone = [theirs(tables, symbols[low:high], indexes[low:high]) for low, high in pairwise(bounds)]
    assert rans_encode(tables.native, symbols, indexes, bounds, threads) == alone
    assert (read_all(tables, alone, indexes, bounds, threads) == symbols).all()


@pytest.mark.parametrize("threads", [1, 3])
def test_reading_in_steps_gives_what_reading_at_once_gives(threads: int) -> None:
    tables, symbols, indexes, bounds = batch()
    decoder = RansDecoder(tables.native, rans_encode(tables.native, symbols, indexes, bounds))
    random, at, ends = np.random.default_rng(0), bounds[:-1].copy(), bounds[1:]
    while (at < ends).any():
        steps = np.minimum(random.integers(0, 5000, len(at)), ends - at)
        wanted = np.concatenate([np.arange(a, a + n) for a, n in zip(at, steps, strict=True)])
        out = np.empty(len(wanted), np.int32)
        decoder.decode(indexes[wanted], np.concatenate([[0], np.cumsum(steps)]), out, threads)
        assert (out == symbols[wanted]).all()
        at += steps
    decoder.finish()


def test_an_empty_batch_has_no_strings() -> None:
    none, bounds = np.empty(0, np.int32), np.array([0])
    assert rans_encode(FEW.native, none, none, bounds) == []
    assert read_all(FEW, [], none, bounds).size == 0


def test_tensors_and_arrays_are_taken_and_filled_alike() -> None:
    symbols, indexes = (torch.from_numpy(part) for part in gaussian_message(100, seed=5))
    tables, bounds, out = gaussian_rows(), torch.tensor([0, 60, 100]), torch.empty(100, dtype=torch.int32)
    strings = rans_encode(tables.native, symbols, indexes, bounds)
    decoder = RansDecoder(tables.native, strings)
    decoder.decode(indexes, bounds, out)
    assert torch.equal(out, symbols)
    assert (read_all(tables, strings, indexes.numpy(), bounds.numpy()) == symbols.numpy()).all()


def test_tables_of_all_shapes_agree_with_compressai() -> None:
    random = np.random.default_rng(8)
    for most_bins in (2, 3, 30, 300, 5000):
        tables = random_rows(random, 5, most_bins)
        indexes = random.integers(0, 5, 4000).astype(np.int32)
        symbols = random.integers(-most_bins - 2, most_bins + 2, 4000).astype(np.int32)
        string = ours(tables, symbols, indexes)
        assert string == theirs(tables, symbols, indexes)
        assert (read(tables, string, indexes) == symbols).all()


def test_python_runs_while_strings_are_coded() -> None:
    """No pause of this thread lasts as long as the other thread's call: the GIL is free meanwhile."""
    count = 3_000_000
    symbols, indexes = np.full(count, 2**31 - 1, np.int32), np.zeros(count, np.int32)  # escapes: slow on purpose
    native, bounds, spent = FEW.native, np.array([0, count]), []

    def code() -> None:
        start = time.perf_counter()
        rans_encode(native, symbols, indexes, bounds)
        spent.append(time.perf_counter() - start)

    thread = threading.Thread(target=code)
    thread.start()
    pauses, last = [], time.perf_counter()
    while thread.is_alive():
        now = time.perf_counter()
        pauses.append(now - last)
        last = now
    assert max(pauses) < 0.9 * spent[0]


def test_tables_know_their_number() -> None:
    assert len(gaussian_rows().native) == 64
    assert isinstance(FEW.native, RansTables)
