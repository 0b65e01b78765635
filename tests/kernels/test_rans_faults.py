"""What no encoder wrote, and what no decoder can use, is refused with a place; nothing crashes or hangs."""

from __future__ import annotations

import numpy as np
import pytest

from ahc_stream.kernels.entropy_coder import RansDecoder, RansTables, rans_encode
from tests.kernels.rans_peers import TOTAL, Rows, gaussian_message, gaussian_rows, ours, read, read_all

DAMAGED = 2000


def message(count: int = 400, seed: int = 0) -> tuple[Rows, np.ndarray, bytes]:
    tables = gaussian_rows()
    symbols, indexes = gaussian_message(count, seed)
    symbols[::50] += 5000  # escapes
    return tables, indexes, ours(tables, symbols, indexes)


def test_every_cut_string_is_refused() -> None:
    tables, indexes, string = message()
    for size in range(len(string)):
        with pytest.raises(ValueError, match="string 0, symbol"):
            read(tables, string[:size], indexes)


def test_a_longer_string_is_refused() -> None:
    tables, indexes, string = message()
    with pytest.raises(ValueError, match="left over"):
        read(tables, string + bytes(4), indexes)


def test_fewer_or_more_symbols_than_were_written_are_refused() -> None:
    tables, indexes, string = message()
    with pytest.raises(ValueError, match="string 0, symbol 300: "):
        read(tables, string, indexes[:300])
    with pytest.raises(ValueError, match="string 0, symbol"):
        read(tables, string, np.concatenate([indexes, indexes]))


def test_damaged_strings_give_an_error_or_symbols() -> None:
    """Most flips show at the end of the string; those that do not are what the checksum of the symbols is for."""
    random, refused = np.random.default_rng(1), 0
    tables, indexes, string = message()
    for _ in range(DAMAGED):
        damaged = bytearray(string)
        for bit in random.integers(0, 8 * len(string), random.integers(1, 4)):
            damaged[bit // 8] ^= 1 << bit % 8
        try:
            read(tables, bytes(damaged), indexes)
        except ValueError as error:
            assert "string 0, symbol" in str(error)
            refused += 1
    assert refused > 0.95 * DAMAGED


def test_noise_gives_an_error_or_symbols() -> None:
    random, (tables, indexes, _) = np.random.default_rng(2), message()
    for _ in range(DAMAGED):
        noise = bytearray(random.bytes(4 * int(random.integers(2, 200))))
        noise[7] &= 0x7F  # a state that is taken, so that the noise behind it is read
        with pytest.raises(ValueError, match="string 0, symbol"):
            read(tables, bytes(noise), indexes)


@pytest.mark.parametrize("head", ["ffffff7f00000000", "0000000000000080", "ffffffffffffffff", "0000000000000000"])
def test_a_state_that_no_encoder_has_is_refused(head: str) -> None:
    with pytest.raises(ValueError, match="no state of the coder"):
        RansDecoder(gaussian_rows().native, [bytes.fromhex(head) + bytes(400)])


def test_an_escape_of_more_than_32_bits_is_refused() -> None:
    """A state of ones counts 15 nibbles and more: the escape costs no bits here, so the count is read at once."""
    tables = Rows([[0, TOTAL]], [0])
    with pytest.raises(ValueError, match="string 0, symbol 0: an escaped value has more than 32 bits"):
        read(tables, b"\xff" * 7 + b"\x7f" + b"\xff" * 400, np.zeros(3, np.int32))


def test_an_error_names_the_string_of_the_batch() -> None:
    tables = gaussian_rows()
    symbols, indexes = gaussian_message(5000, seed=4)
    bounds = np.arange(0, 5001, 1000)
    strings = rans_encode(tables.native, symbols, indexes, bounds)
    strings[3] = strings[3][:-40]
    for threads in (1, 2, 5):
        with pytest.raises(ValueError, match=r"string 3, symbol 9[0-9][0-9]: the string ends in the middle"):
            read_all(tables, strings, indexes, bounds, threads)


@pytest.mark.parametrize("index", [-1, 64, 2**31 - 1, -(2**31)])
def test_an_index_that_names_no_table_is_refused(index: int) -> None:
    tables, indexes, string = message()
    indexes[123] = index
    with pytest.raises(ValueError, match="string 0, symbol 123: its index names no table"):
        ours(tables, np.zeros_like(indexes), indexes)
    with pytest.raises(ValueError, match="string 0, symbol 123: its index names no table"):
        read(tables, string, indexes)


def test_a_step_s_error_counts_the_steps_before() -> None:
    tables, indexes, string = message()
    indexes[321] = 99
    decoder, out = RansDecoder(tables.native, [string]), np.empty(100, np.int32)
    for first in (0, 100, 200):
        decoder.decode(indexes[first : first + 100], np.array([0, 100]), out)
    with pytest.raises(ValueError, match="string 0, symbol 321: "):
        decoder.decode(indexes[300:], np.array([0, 100]), out)
    with pytest.raises(ValueError, match="an earlier step"):
        decoder.decode(indexes[:100], np.array([0, 100]), out)


@pytest.mark.parametrize(
    ("row", "length", "why"),
    [
        ([1, 5, TOTAL], 3, "table 1: it starts at 1"),
        ([0, 5, TOTAL - 1], 3, "table 1: it ends at 65535"),
        ([0, TOTAL, 9], 3, "table 1: it does not increase at entry 2"),
        ([0, 0, TOTAL], 3, "table 1: it does not increase at entry 1"),
        ([0, -5, TOTAL], 3, "table 1: it does not increase at entry 1"),
        ([0, 5, TOTAL], 1, "table 1: its length 1 is not within"),
        ([0, 5, TOTAL], -3, "table 1: its length -3 is not within"),
        ([0, 5, TOTAL], 4, "table 1: its length 4 is not within"),
    ],
)
def test_a_row_that_is_no_distribution_is_refused(row: list[int], length: int, why: str) -> None:
    cdfs = np.array([[0, 9, TOTAL], row], np.int32)
    with pytest.raises(ValueError, match=why):
        RansTables(cdfs, np.array([3, length], np.int32), np.zeros(2, np.int32))


def test_rows_lengths_and_offsets_are_as_many() -> None:
    cdfs, two = np.array([[0, 9, TOTAL]] * 2, np.int32), np.array([3, 3], np.int32)
    for lengths, offsets in ((two[:1], two), (two, two[:1])):
        with pytest.raises(ValueError, match="for each of 2 tables"):
            RansTables(cdfs, lengths, offsets)
    with pytest.raises(ValueError, match="one at least"):
        RansTables(cdfs[:0], two[:0], two[:0])


@pytest.mark.parametrize(
    ("bounds", "why"),
    [
        ([], "start with 0"),
        ([1, 9], "start with 0"),
        ([0, 5, 4, 9], "entry 2 does"),
        ([0, -1, 9], "entry 1 does"),
        ([0, 8], "the number of symbols, 9; got 8"),
        ([0, 2**62], "the number of symbols, 9; got"),
    ],
)
def test_bounds_outside_the_buffers_are_refused(bounds: list[int], why: str) -> None:
    tables, nine, where = gaussian_rows().native, np.zeros(9, np.int32), np.array(bounds, np.int64)
    with pytest.raises(ValueError, match=why):
        rans_encode(tables, nine, nine, where)
    with pytest.raises(ValueError, match=why):
        RansDecoder(tables, []).decode(nine, where, nine.copy())


def test_buffers_of_unlike_sizes_or_counts_are_refused() -> None:
    tables, nine, bounds = gaussian_rows().native, np.zeros(9, np.int32), np.array([0, 9])
    with pytest.raises(ValueError, match="one index for each symbol"):
        rans_encode(tables, nine, nine[:8], bounds)
    with pytest.raises(ValueError, match="one index for each symbol"):
        RansDecoder(tables, []).decode(nine, bounds, nine[:8].copy())
    with pytest.raises(ValueError, match="0 strings need one more bounds"):
        RansDecoder(tables, []).decode(nine, bounds, nine.copy())
    with pytest.raises(ValueError, match="one thread"):
        rans_encode(tables, nine, nine, bounds, 0)


def test_buffers_are_never_converted_behind_the_caller_s_back() -> None:
    tables, nine, bounds = gaussian_rows().native, np.zeros(9, np.int32), np.array([0, 9])
    decoder = RansDecoder(tables, rans_encode(tables, nine, nine, bounds))
    for wrong in (nine.astype(np.int64), nine.astype(np.float32), np.zeros(18, np.int32)[::2], nine.reshape(3, 3)):
        with pytest.raises(TypeError):
            rans_encode(tables, wrong, nine, bounds)
        with pytest.raises(TypeError):
            decoder.decode(nine, bounds, wrong)
