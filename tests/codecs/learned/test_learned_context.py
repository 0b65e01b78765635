"""Autoregressive image codecs: the strings of CompressAI's serial loops, exact decoding, errors for damage.

float32 is CompressAI's arithmetic, so its strings are ours on every machine. float64 writes them too unless a value
lies within a rounding error of an edge; on these pictures none does.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.learned.arithmetic import fixed_arithmetic
from ahc_stream.codecs.learned.context_prior import CONTEXTS
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.codecs.learned.wavefront import ORDERS
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError, EntropyDesync
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.threads import torch_threads
from tests.codecs.learned.learned import (
    CPU,
    clip_of,
    codec_of,
    errors_of_damage,
    fresh_codec_of,
    narrow,
    pictures,
    sent,
)

MODELS = ["mbt2018", "cheng2020-anchor", "cheng2020-attn"]
ALL = [*MODELS, "mbt2018-vbr"]


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("arithmetic", CONTEXTS)
@pytest.mark.usefixtures("one_thread")  # CompressAI's strings depend on their number; ours are those of one
def test_strings_and_picture_are_those_of_compressai(name, arithmetic):
    frames = pictures(2, 50, 70)
    codec = codec_of(name, arithmetic=arithmetic)
    bitstream, reconstruction = codec.encode_with_reconstruction(clip_of(frames))
    padding = PicturePadding(50, 70, 64)
    for i, unit in enumerate(bitstream.units):
        # one frame at a time, as the codec works on the CPU: a batch rounds some pixel in 50,000 the other way
        with torch.no_grad():
            theirs = codec.model.network.compress(padding.to_network(frames[i : i + 1]))
            x_hat = codec.model.network.decompress(theirs["strings"], theirs["shape"])["x_hat"]
        assert unit.payload == b"".join(string for (string,) in theirs["strings"])
        assert bitstream.header["latent"] == list(theirs["shape"])
        # on some processors oneDNN rounds a value of the synthesis otherwise for another layout in memory
        apart = (reconstruction[i : i + 1].int() - padding.to_frames(x_hat).int()).abs()
        assert apart.max() <= 1 and apart.count_nonzero() <= apart.numel() / 5000


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("arithmetic", CONTEXTS)
@pytest.mark.parametrize("size", [(1, 1), (65, 30)])
def test_a_fresh_codec_decodes_the_encoders_reconstruction(name, order, arithmetic, size):
    options = {"order": order, "arithmetic": arithmetic}
    bitstream, reconstruction = codec_of(name, **options).encode_with_reconstruction(clip_of(pictures(1, *size)))
    decoded = fresh_codec_of(name, **options).decode(sent(bitstream))
    assert torch.equal(decoded, reconstruction) and decoded.shape[2:] == size


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("order", ORDERS)
def test_frames_at_once_are_frames_one_by_one(name, order):
    frames = pictures(9, 64, 64)
    codec = codec_of(name, order=order)
    alone = [codec.encode(clip_of(frame[None])).units[0] for frame in frames]
    for count in (2, 5, 9):
        together, reconstruction = codec.encode_with_reconstruction(clip_of(frames[:count]))
        assert [unit.payload for unit in together.units] == [unit.payload for unit in alone[:count]]
        assert [unit.checksum for unit in together.units] == [unit.checksum for unit in alone[:count]]
        assert torch.equal(codec.decode(together), reconstruction)


@pytest.mark.parametrize("order", ORDERS)
def test_frames_in_another_order_have_the_same_strings(order):
    frames, shuffled = pictures(5, 64, 64), [3, 0, 4, 1, 2]
    codec = codec_of("mbt2018", order=order)
    payloads = [unit.payload for unit in codec.encode(clip_of(frames)).units]
    again = [unit.payload for unit in codec.encode(clip_of(frames[shuffled])).units]
    assert again == [payloads[i] for i in shuffled]


@pytest.mark.parametrize("order", ORDERS)
def test_threads_do_not_show_in_the_strings_nor_in_what_they_say(order):
    """At full width, where oneDNN's own sums do change; the transforms are out: the other side does not repeat them."""
    prior = codec_of("cheng2020-anchor", "random:0", order=order).prior
    latent = 2 * torch.randn(2, prior.model.network.M, 4, 8, generator=torch.Generator().manual_seed(0))
    with fixed_arithmetic(CPU):
        strings = []
        for count in (1, 2):
            with torch_threads(count):
                strings.append(prior.encode(latent).wait())
        one, two = strings
        assert [each.strings for each in one] == [each.strings for each in two]
        for count in (1, 2):
            with torch_threads(count):
                decoded_latents = prior.decode([each.strings for each in one], (1, 2))
            for decoded, coded in zip(decoded_latents, one, strict=True):
                assert torch.equal(decoded.symbols, coded.symbols) and torch.equal(decoded.values, coded.values)


@pytest.mark.parametrize("order", ORDERS)
def test_lanes_at_work_together_write_and_read_what_one_does_alone(order):
    clips = [clip_of(pictures(2, 64, 64, seed)) for seed in range(4)]
    expected = [codec_of("mbt2018", order=order).encode_with_reconstruction(clip) for clip in clips]

    def lane(clip: Clip):
        codec = codec_of("mbt2018", order=order)
        bitstream = codec.encode(clip)
        return bitstream, codec.decode(bitstream)

    with ThreadPoolExecutor(4) as lanes:
        for (bitstream, decoded), (alone, reconstruction) in zip(lanes.map(lane, clips), expected, strict=True):
            assert bitstream == alone and torch.equal(decoded, reconstruction)


@pytest.mark.parametrize("order", ORDERS)
def test_the_coders_write_and_read_the_same_bytes(order):
    point = OperatingPoint("mbt2018", 1, (("order", order),))
    ours, theirs = (codecs.make(point, CPU, narrow("mbt2018"), entropy=name) for name in ("native", "compressai"))
    bitstream, reconstruction = ours.encode_with_reconstruction(clip_of(pictures(2, 64, 128)))
    assert theirs.encode(clip_of(pictures(2, 64, 128))) == bitstream
    assert torch.equal(theirs.decode(bitstream), reconstruction)


def test_both_orders_hold_the_same_symbols():
    clip = clip_of(pictures(1, 128, 128))
    raster, wave = (codec_of("mbt2018", order=order).encode_with_reconstruction(clip) for order in ("raster", "wave"))
    assert torch.equal(raster[1], wave[1]) and raster[0].units[0].payload != wave[0].units[0].payload
    assert (
        abs(raster[0].payload_bits[0] - wave[0].payload_bits[0]) <= 64
    )  # what is left in the coder's state at the end
    assert raster[0].estimated_bits == wave[0].estimated_bits


@pytest.mark.parametrize(("part", "other"), [("order", "wave"), ("arithmetic", "float32")])
def test_a_stream_coded_in_another_way_is_refused_by_the_part_that_differs(part, other):
    bitstream = codec_of("mbt2018", **{part: other}).encode(clip_of(pictures(1, 64, 64)))
    assert bitstream.header[part] == other
    with pytest.raises(CodecError, match=f"whose {part} is .*got '{other}'"):
        codec_of("mbt2018").decode(bitstream)


def test_a_damaged_string_of_a_batch_is_named_by_its_frame():
    codec = codec_of("mbt2018", order="wave")
    bitstream = codec.encode(clip_of(pictures(3, 64, 64)))
    first, second, third = bitstream.units
    payload = bytes([second.payload[0] ^ 0xFF]) + second.payload[1:]
    with pytest.raises(EntropyDesync, match="frame 1"):
        codec.decode(replace(bitstream, units=(first, replace(second, payload=payload), third)))


@pytest.mark.parametrize("arithmetic", CONTEXTS)
def test_the_layout_of_a_picture_in_memory_does_not_show_in_its_bytes(arithmetic):
    frames = pictures(1, 128, 64)
    codec = codec_of("cheng2020-anchor", "random:0", arithmetic=arithmetic)
    interleaved = frames.contiguous(memory_format=torch.channels_last)
    assert codec.encode(clip_of(interleaved)).units == codec.encode(clip_of(frames)).units


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("order", ORDERS)
def test_a_damaged_payload_is_an_error_and_never_a_wrong_picture(name, order):
    codec = codec_of(name, order=order)
    assert errors_of_damage(codec, 16) >= 14


@pytest.mark.parametrize("name", ALL)
def test_the_estimate_is_of_the_symbols_really_coded(name):
    """forward() quantises y without its mean, so its estimate is another one; this one is close to the rate."""
    bitstream = codec_of(name).encode(clip_of(pictures(1, 64, 128)))
    assert bitstream.estimated_bits[0] == pytest.approx(bitstream.payload_bits[0], rel=0.25)


@pytest.mark.parametrize(("asked", "given"), [("cheng2020-anchor", "mbt2018"), ("mbt2018", "cheng2020-attn")])
def test_a_checkpoint_of_another_architecture_is_refused_by_the_names_that_differ(asked, given):
    with pytest.raises(CodecError, match=rf"a checkpoint of {asked}; got without g_a\.\S+, .* with g_a"):
        codec_of(asked, narrow(given))
