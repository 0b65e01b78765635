"""How often the host waits for the device while a learned codec works, and that what travels in few bits arrives."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.codecs.entropy.coder import LARGEST_SYMBOL
from ahc_stream.codecs.entropy.native_coder import NativeCoder
from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.codecs.learned.coding import Message, PendingLatents, WildLatent
from ahc_stream.codecs.learned.flow_encoder import FlowEncoder
from ahc_stream.codecs.learned.recordings import MOST_BYTES, Recordings
from ahc_stream.core.host import sent_to_host, to_device
from ahc_stream.core.roundtrip import roundtrip
from ahc_stream.core.sessions import decode, encode
from tests.gpu.pretend import CUDA, Gpu
from tests.gpu.test_codecs import clip_on_gpu, codec_on_gpu

LATENTS = {"I": 1, "P": 2}


def test_the_loop_of_a_video_encoder_never_waits(gpu: Gpu) -> None:
    codec, clip = codec_on_gpu("ssf2020-lite", gop="3"), clip_on_gpu(3, consecutive=True)
    for _ in range(2):  # what is made once, and recorded
        encode(codec, clip)
    before = gpu.synchronisations
    with gpu.counted() as counts:
        bitstream = encode(codec, clip)
    assert gpu.synchronisations == before
    assert counts["copies"] == sum(LATENTS[unit.type] for unit in bitstream.units)


def test_a_run_waits_for_a_videos_strings_once_a_clip_and_not_once_a_frame(
    gpu: Gpu, monkeypatch: pytest.MonkeyPatch
) -> None:
    pushed: list[int] = []
    push = FlowEncoder.push
    monkeypatch.setattr(FlowEncoder, "push", lambda self, clip: pushed.append(len(clip)) or push(self, clip))
    roundtrip(codec_on_gpu("ssf2020-lite", gop="3"), clip_on_gpu(5, consecutive=True))
    assert pushed == [5]


@pytest.mark.parametrize(
    "name", ["bmshj2018-factorized", "mbt2018-mean", "cheng2020-anchor", "mbt2018-vbr", "elic2022-official"]
)
def test_a_batch_of_images_leaves_the_device_in_one_copy(gpu: Gpu, name: str) -> None:
    codec, clip = codec_on_gpu(name), clip_on_gpu(2)
    for _ in range(2):  # what is made once, and recorded
        encode(codec, clip)
    before = gpu.synchronisations
    with gpu.counted() as counts:
        encode(codec, clip)
    assert gpu.synchronisations == before and counts["copies"] == 1


@pytest.mark.parametrize(("name", "most"), [("bmshj2018-factorized", 0), ("mbt2018-mean", 1), ("ssf2020-lite", 3)])
def test_a_decoder_waits_for_the_indexes_of_each_latent(gpu: Gpu, name: str, most: int) -> None:
    codec, clip = codec_on_gpu(name), clip_on_gpu(2, consecutive=name == "ssf2020-lite")
    bitstream = encode(codec, clip)
    for _ in range(2):  # what is made once, and recorded
        decode(codec, bitstream)
    before = gpu.synchronisations
    decode(codec, bitstream)
    assert gpu.synchronisations - before <= most


@pytest.mark.parametrize(("name", "steps"), [("cheng2020-anchor-checkerboard", 2), ("elic2022-official", 8)])
def test_a_checkerboard_waits_once_for_each_of_its_steps_whatever_the_batch(gpu: Gpu, name: str, steps: int) -> None:
    codec = codec_on_gpu(name)
    for count in (1, 3):
        bitstream = encode(codec, clip_on_gpu(count))
        before = gpu.synchronisations
        decode(codec, bitstream)
        assert gpu.synchronisations - before == steps


def message_of(symbols: torch.Tensor) -> Message:
    """Under one table of four bins, of which the last escapes."""
    cdfs = torch.tensor([[0, 20000, 40000, 60000, 1 << 16]], dtype=torch.int32)
    tables = Tables(cdfs, torch.tensor([5], dtype=torch.int32), torch.tensor([-1], dtype=torch.int32))
    return Message(symbols, torch.zeros_like(symbols, dtype=torch.int32), tables, NativeCoder())


def coding_of(symbols: torch.Tensor) -> PendingLatents:
    bits = torch.arange(len(symbols), dtype=torch.float64, device=symbols.device)
    return PendingLatents([message_of(symbols), message_of(-symbols)], symbols, bits)


@pytest.mark.parametrize("largest", [1, 32767, 32768, 1 << 20, LARGEST_SYMBOL])
def test_symbols_of_every_width_arrive(gpu: Gpu, largest: int) -> None:
    symbols = torch.tensor([[0.0, 1, -1, largest, -largest], [2, 0, 0, 0, 1], [0, 0, 1, 1, largest]])
    expected, found = coding_of(symbols).wait(), coding_of(symbols.to(CUDA)).wait()
    for one, other in zip(expected, found, strict=True):
        assert one.strings == other.strings and one.bits == other.bits and torch.equal(one.symbols, other.symbols)
    assert found[0].symbols.tolist() == [0, 1, -1, largest, -largest, 0, -1, 1, -largest, largest]


@pytest.mark.parametrize("wild", [float("nan"), float("inf"), 4.0 * LARGEST_SYMBOL])
def test_the_first_frame_beyond_a_coders_range_is_named(gpu: Gpu, wild: float) -> None:
    symbols = torch.zeros(4, 6)
    symbols[2, 1] = symbols[3, 0] = wild
    for there in (symbols, symbols.to(CUDA)):
        with pytest.raises(WildLatent, match="latents within") as caught:
            coding_of(there).wait()
        assert caught.value.index == 2


def test_tensors_of_several_types_arrive_by_one_copy(gpu: Gpu) -> None:
    tensors = [
        torch.arange(5, dtype=torch.uint8),
        torch.rand(2, 3, dtype=torch.float64),
        torch.arange(-3, 4, dtype=torch.int16),
        torch.empty(0, 2),
        torch.rand(3),
    ]
    with gpu.counted() as counts:
        arrival = sent_to_host([to_device(tensor, CUDA) for tensor in tensors])
    arrival.wait()
    assert counts["copies"] == 1 and not counts["downloads"] and not counts["uploads"]
    assert all(torch.equal(one, other) for one, other in zip(arrival.tensors, tensors, strict=True))


@pytest.mark.parametrize("order", ["raster", "wave"])
def test_a_context_model_waits_once_for_each_step_it_reads(gpu: Gpu, order: str) -> None:
    codec, clip = codec_on_gpu("cheng2020-anchor-lite", order=order), clip_on_gpu(2)
    bitstream = encode(codec, clip)
    for _ in range(2):  # what is made once, and recorded
        decode(codec, bitstream)
    steps = {"raster": 4 * 4, "wave": 4 + 3 * 3}[order]
    before = gpu.synchronisations
    with gpu.counted() as counts:
        decode(codec, bitstream)
    assert gpu.synchronisations - before == counts["copies"] == steps
    assert counts["replays"] == steps + 1  # the last symbols have no step of their own


def test_a_p_frame_is_one_launch_and_its_strings_from_its_third_time_on(gpu: Gpu) -> None:
    codec, clip = codec_on_gpu("ssf2020-lite", gop="2"), clip_on_gpu(2, consecutive=True)
    streams, launches, pictures = [], [], []
    for _ in range(3):  # as it is, recorded, replayed
        with gpu.counted() as counts:
            streams.append(encode(codec, clip))
        launches.append(counts["launches"])
        with gpu.counted() as counts:
            pictures.append(decode(codec, streams[-1]))
    assert streams[0] == streams[1] == streams[2]
    assert torch.equal(pictures[0], pictures[1]) and torch.equal(pictures[0], pictures[2])
    assert counts["replays"] == 1 and launches[2] < launches[0] / 2


def test_work_that_takes_much_memory_is_not_recorded(gpu: Gpu) -> None:
    recordings, numbers = Recordings(), torch.arange(3.0, device=CUDA)
    with gpu.counted() as counts:
        for _ in range(3):
            (found,) = recordings.run("double", lambda x: [2 * x], MOST_BYTES + 1, numbers)
    assert found.tolist() == [0, 2, 4] and not counts["replays"]


def test_what_a_recording_gave_stays_when_it_runs_again(gpu: Gpu) -> None:
    recordings = Recordings()
    results = [
        recordings.run("double", lambda x: [2 * x, x + 1], 0, torch.full((2,), float(n), device=CUDA)) for n in range(5)
    ]
    found = [[part.tolist() for part in of_run] for of_run in results]
    assert found == [[[2.0 * n] * 2, [n + 1.0] * 2] for n in range(5)]
