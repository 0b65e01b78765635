"""Our coder stands in for CompressAI's: the same strings and symbols, and an error where theirs reads on."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.codecs.entropy.compressai_coder import CompressaiCoder
from ahc_stream.codecs.entropy.native_coder import NativeCoder
from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.core.errors import CodecError, EntropyDesync


@pytest.fixture(scope="module")
def tables() -> Tables:
    from compressai.entropy_models import GaussianConditional
    from compressai.models.base import get_scale_table

    model = GaussianConditional(None)
    model.update_scale_table(get_scale_table())
    return Tables.of(model)


def messages(strings: int, count: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    symbols = (torch.randn(strings, count, generator=random) * 20).round().to(torch.int32)
    return symbols, torch.randint(0, 64, (strings, count), generator=random, dtype=torch.int32)


@pytest.mark.parametrize("count", [0, 1, 3, 5, 20_000])
@pytest.mark.parametrize("threads", [1, 2, None])
def test_strings_and_symbols_are_those_of_compressai_s_coder(tables: Tables, count: int, threads: int | None) -> None:
    symbols, indexes = messages(3, count)
    strings = CompressaiCoder().encode(symbols, indexes, tables)
    assert NativeCoder(threads).encode(symbols, indexes, tables) == strings
    assert torch.equal(NativeCoder(threads).decode(strings, indexes, tables), symbols)


def test_transposed_messages_are_coded_in_their_own_order(tables: Tables) -> None:
    symbols, indexes = messages(200, 5)
    strings = NativeCoder().encode(symbols.T, indexes.T, tables)
    assert strings == CompressaiCoder().encode(symbols.T, indexes.T, tables)
    assert torch.equal(NativeCoder().decode(strings, indexes.T, tables), symbols.T)


def test_steps_give_what_compressai_s_decoder_gives(tables: Tables) -> None:
    symbols, indexes = messages(5, 300)
    strings = CompressaiCoder().encode(symbols, indexes, tables)
    stream = NativeCoder().reader(strings, 300, tables)
    parts = [stream.decode(part) for part in indexes.split([1, 100, 0, 150, 49], dim=1)]
    stream.finish()
    assert torch.equal(torch.cat(parts, dim=1), symbols)


def test_no_strings_give_no_symbols(tables: Tables) -> None:
    none = torch.empty(0, 7, dtype=torch.int32)
    assert NativeCoder().encode(none, none, tables) == []
    assert NativeCoder().decode([], none, tables).shape == (0, 7)


def test_a_wrong_index_is_a_desync_that_names_the_string(tables: Tables) -> None:
    symbols, indexes = messages(4, 2000)
    strings = NativeCoder().encode(symbols, indexes, tables)
    indexes[2, 5] ^= 1
    with pytest.raises(EntropyDesync, match="string 2, symbol"):
        NativeCoder().decode(strings, indexes, tables)


def test_strings_that_cannot_be_any_are_refused(tables: Tables) -> None:
    for string in (b"", bytes(7), bytes(9), bytes(12)):
        with pytest.raises(CodecError, match="string 1, symbol 0"):
            NativeCoder().reader([bytes(3) + b"\x80" + bytes(4), string], 4, tables)


def test_reading_past_the_end_of_a_string_is_a_desync(tables: Tables) -> None:
    symbols, indexes = messages(1, 500)
    stream = NativeCoder().reader(NativeCoder().encode(symbols, indexes, tables), 500, tables)
    stream.decode(indexes)
    with pytest.raises(EntropyDesync, match="string 0, symbol"):
        for _ in range(100):
            stream.decode(indexes)


def test_an_index_that_names_no_table_is_refused(tables: Tables) -> None:
    symbols, indexes = messages(2, 10)
    indexes[1, 3] = 64
    with pytest.raises(CodecError, match="indexes below 64; got string 1, symbol 3"):
        NativeCoder().encode(symbols, indexes, tables)
