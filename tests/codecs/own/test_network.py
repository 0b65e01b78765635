"""A model with `compress` and `decompress` as a codec: padding, strings, header, and what is wrong with a model."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from ahc_stream.codecs.own.network import NetworkCodec
from ahc_stream.codecs.own.strings import as_shape, flat, nested, nesting, plain
from ahc_stream.core.bitstream import Bitstream
from ahc_stream.core.errors import CodecError
from ahc_stream.core.roundtrip import roundtrip
from tests.codecs.contract import SIZES, moving
from tests.codecs.own.models import CPU, POINT, Model


@pytest.mark.parametrize("size", SIZES)
def test_a_decoder_gives_the_models_picture_from_the_stored_stream_alone(size: tuple[int, int]) -> None:
    clip = moving(2, *size)
    bitstream = NetworkCodec(POINT, Model(), CPU).encode(clip)
    stored = Bitstream.from_bytes(bitstream.to_bytes())
    assert torch.equal(NetworkCodec(POINT, Model(), CPU).decode(stored), clip.frames)


def test_the_rate_is_that_of_the_strings() -> None:
    clip = moving(1, 64, 64)
    out = Model().compress(clip.frames.float() / 255)
    trip = roundtrip(NetworkCodec(POINT, Model(), CPU), clip)
    assert trip.payload_bits == (8 * sum(map(len, flat(out["strings"]))),) and trip.point == POINT


@pytest.mark.parametrize(("multiple", "factor", "found"), [(64, None, 64), (8, 8, 8), (8, None, 64), (256, 16, 256)])
def test_padding_is_the_models_factor_where_it_works_and_else_found_by_trying(multiple, factor, found) -> None:
    model = Model(multiple)
    if factor:
        model.downsampling_factor = factor
    header = NetworkCodec(POINT, model, CPU).encode(moving(1, 20, 30)).header
    assert header["padding"] == found


@pytest.mark.parametrize(("model", "says"), [(Model(2048), "sizes of tensors"), (Model(scale=2), r"128, 384\] of a")])
def test_a_model_that_returns_no_picture_of_its_size_is_refused(model: nn.Module, says: str) -> None:
    with pytest.raises(CodecError, match="in the size it went in") as refusal:
        NetworkCodec(POINT, model, CPU)
    assert says.split(r"\]")[0] in str(refusal.value) or "shape" in str(refusal.value)


def test_an_error_within_the_model_is_a_codec_error_that_names_the_method() -> None:
    codec, clip = NetworkCodec(POINT, Model(), CPU), moving(1, 20, 30)
    bitstream = codec.encode(clip)
    codec.model.compress = lambda x: {"latent": x}
    with pytest.raises(CodecError, match=r"compress of mine\.py:Model.*KeyError"):
        codec.encode(clip)
    (unit,) = bitstream.units
    cut = replace(unit, payload=unit.payload[:-3], parts=(unit.parts[0], unit.parts[1] - 3), crc=-1)
    with pytest.raises(CodecError, match="decompress of"):
        codec.decode(replace(bitstream, units=(cut,)))


def test_other_weights_and_damage_are_refused() -> None:
    bitstream = NetworkCodec(POINT, Model(), CPU).encode(moving(1, 20, 30))
    other = Model()
    nn.init.zeros_(other.weight)
    with pytest.raises(CodecError, match="its own weights"):
        NetworkCodec(POINT, other, CPU).decode(bitstream)
    unit = replace(bitstream.units[0], payload=b"y" + bitstream.units[0].payload[1:])
    with pytest.raises(CodecError, match="CRC"):
        NetworkCodec(POINT, Model(), CPU).decode(replace(bitstream, units=(unit,)))
    for header in ({}, bitstream.header | {"size": [0, 5]}, bitstream.header | {"padding": 10**9}):
        with pytest.raises(CodecError):
            NetworkCodec(POINT, Model(), CPU).decode(replace(bitstream, header=header))


nestings = st.recursive(
    st.binary(max_size=5), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner)
)
shapes = st.recursive(
    st.integers(0, 99), lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.text(max_size=2), inner)
)


@given(nestings, shapes)
def test_strings_and_shapes_of_any_form_come_back(strings: object, shape: object) -> None:
    assert nested(nesting(strings), flat(strings)) == strings
    assert as_shape(plain(shape)) == shape


def test_a_wrong_number_of_strings_is_refused() -> None:
    for strings in ([b"a"], [b"a", b"b", b"c"]):
        with pytest.raises(CodecError, match="the strings that the header names"):
            nested([None, [None]], strings)
