"""The coder gives CompressAI's bytes, also where CompressAI's own encoder overruns its buffer."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.codecs.entropy.coder import LARGEST_SYMBOL
from ahc_stream.codecs.entropy.compressai_coder import CompressaiCoder
from ahc_stream.codecs.entropy.short_messages import encode_short
from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.core.errors import CodecError

COINS = Tables(
    torch.tensor([[0, 1, 65535, 65536, 0], [0, 100, 40000, 65000, 65536]], dtype=torch.int32),
    torch.tensor([4, 5], dtype=torch.int32),
    torch.tensor([0, -1], dtype=torch.int32),
)


@pytest.fixture(scope="module")
def gaussian():
    from compressai.entropy_models import GaussianConditional
    from compressai.models.base import get_scale_table

    model = GaussianConditional(None)
    model.update_scale_table(get_scale_table())
    return model


def messages(count: int, spread: float, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    symbols = (torch.randn(3, count, generator=random) * spread).round().to(torch.int32)
    return symbols, torch.randint(0, 64, (3, count), generator=random, dtype=torch.int32)


@pytest.mark.parametrize("count", [4, 5, 64, 1000])
@pytest.mark.parametrize("spread", [0.5, 30, 3e5])  # the last one escapes almost always
def test_strings_are_those_of_gaussian_conditional_compress(gaussian, count, spread):
    symbols, indexes = messages(count, spread)
    theirs = gaussian.compress(symbols.float()[:, None], indexes[:, None])
    assert CompressaiCoder().encode(symbols, indexes, Tables.of(gaussian)) == theirs


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7, 500])
@pytest.mark.parametrize("spread", [0.5, 30, 3e5])
def test_any_length_decodes_to_its_symbols(gaussian, count, spread):
    symbols, indexes = messages(count, spread)
    tables = Tables.of(gaussian)
    strings = CompressaiCoder().encode(symbols, indexes, tables)
    assert torch.equal(CompressaiCoder().decode(strings, indexes, tables), symbols)


@pytest.mark.parametrize("count", [4, 9, 400])
@pytest.mark.parametrize("spread", [0.5, 30, 3e5])
def test_the_short_encoder_agrees_with_compressai_where_both_work(gaussian, count, spread):
    from compressai.ans import RansEncoder

    tables = Tables.of(gaussian)
    for symbols, indexes in zip(*(part.tolist() for part in messages(count, spread)), strict=True):
        theirs = RansEncoder().encode_with_indexes(symbols, indexes, tables.rows, tables.sizes, tables.first)
        assert encode_short(symbols, indexes, tables) == theirs


def test_two_unlikely_symbols_do_not_overrun_the_buffer():
    symbols = torch.zeros(1, 2, dtype=torch.int32)  # frequency 1 twice: three words, one more than symbols
    strings = CompressaiCoder().encode(symbols, symbols, COINS)
    assert len(strings[0]) == 12
    assert torch.equal(CompressaiCoder().decode(strings, symbols, COINS), symbols)


def test_extreme_symbols_survive(gaussian):
    symbols = torch.tensor([[LARGEST_SYMBOL, -LARGEST_SYMBOL] * 20], dtype=torch.int32)
    indexes = torch.tensor([[0, 63] * 20], dtype=torch.int32)
    tables = Tables.of(gaussian)
    strings = CompressaiCoder().encode(symbols, indexes, tables)
    assert torch.equal(CompressaiCoder().decode(strings, indexes, tables), symbols)


def test_step_by_step_reads_what_one_call_reads(gaussian):
    symbols, indexes = messages(96, 3)
    tables = Tables.of(gaussian)
    strings = CompressaiCoder().encode(symbols, indexes, tables)
    stream = CompressaiCoder().reader(strings, 96, tables)
    steps = [stream.decode(part) for part in indexes.split(7, dim=1)]
    assert torch.equal(torch.cat(steps, dim=1), symbols)


@pytest.mark.parametrize("string", [b"", b"\0" * 4, b"\0" * 9])
def test_what_cannot_be_a_string_is_an_error(string):
    with pytest.raises(CodecError, match="four-byte words"):
        CompressaiCoder().decode([string], torch.zeros(1, 4, dtype=torch.int32), COINS)


def test_damaged_strings_end_and_read_other_symbols(gaussian):
    symbols, indexes = messages(300, 3)
    tables = Tables.of(gaussian)
    string = CompressaiCoder().encode(symbols, indexes, tables)[0]
    damaged = [string[:8], bytes(len(string)), b"\xff" * len(string), b"\xff" * 8 + string[8:], string[4:]]
    for each in damaged:
        assert not torch.equal(CompressaiCoder().decode([each], indexes[:1], tables), symbols[:1])


@pytest.mark.parametrize("row", [[0, 5, 5, 65536], [1, 5, 6, 65536], [0, 5, 6, 65535], [0, 65536, 0, 0]])
def test_tables_that_are_no_distribution_are_refused(row):
    class Broken:
        quantized_cdf = torch.tensor([row], dtype=torch.int32)
        cdf_length = torch.tensor([4 if row[1] != 65536 else 2])
        offset = torch.tensor([0])

    with pytest.raises(CodecError, match="rise from 0 to 65536"):
        Tables.of(Broken())  # type: ignore[arg-type]


def test_equal_tables_have_equal_digests_and_others_do_not(gaussian):
    tables = Tables.of(gaussian)
    moved = Tables(tables.cdfs, tables.lengths, tables.offsets + 1)
    assert tables.digest == Tables.of(gaussian).digest != moved.digest
