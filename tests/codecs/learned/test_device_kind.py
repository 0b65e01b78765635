"""Streams name the kind of GPU and the libraries that wrote them, and a decoder elsewhere says so where it fails."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from ahc_stream.codecs.entropy.coder import DamagedString
from ahc_stream.codecs.learned.geometry import Geometry
from ahc_stream.codecs.learned.priors import CodedLatent
from ahc_stream.codecs.learned.stream import checksum, geometry_of, header_of, naming_frames, unit_of, verify
from ahc_stream.core.encoding import Cursor, put_value
from ahc_stream.core.errors import EntropyDesync
from tests.cuda_standin import StandIn, stand_in

CUDA, CPU = torch.device("cuda"), torch.device("cpu")
GEOMETRY = Geometry.of(64, 96, 64, 64)
IDENTITY = {"model": "m", "quality": 1}


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    return stand_in(monkeypatch)


def header_on(device: torch.device) -> dict:
    return dict(header_of(SimpleNamespace(identity=IDENTITY, device=device), GEOMETRY, {}))


def what_fails(header: dict, device: torch.device) -> str:
    """The advice of a decoder that read another symbol than the encoder wrote."""
    symbols = torch.tensor([[1], [2]], dtype=torch.int32)
    written, read = (CodedLatent((b"",), symbol, torch.zeros(1)) for symbol in symbols)
    with pytest.raises(EntropyDesync, match=f"got checksum {checksum([read])}") as caught:
        verify(header, unit_of(3, "I", [written]), [read], device)
    verify(header, unit_of(3, "I", [written]), [written], device)  # where the symbols are right, any device will do
    with pytest.raises(EntropyDesync) as damaged, naming_frames([7], header, device):
        raise DamagedString("a string", "another", "fetch the stream again", 0)
    assert damaged.value.todo == caught.value.todo and "in frame 7" in damaged.value.expected
    return caught.value.todo


def test_a_stream_of_the_cpu_names_no_more_than_it_did() -> None:
    assert set(header_on(CPU)) == {"model", "quality", "arithmetic", "device", "size", "padding", "latent"}


def test_a_stream_of_a_gpu_names_its_kind_and_libraries_and_survives_a_file(gpu: StandIn) -> None:
    header, out = header_on(CUDA), bytearray()
    assert header["gpu"] == "NVIDIA H200, compute capability 9.0"
    assert header["libraries"].startswith(f"torch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN ")
    put_value(out, header)
    assert Cursor(bytes(out)).value() == header


def test_where_the_stream_was_written_damage_is_the_only_reason(gpu: StandIn) -> None:
    for device in (CPU, CUDA):
        assert what_fails(header_on(device), device) == "fetch the stream again"


def test_another_kind_of_gpu_or_other_libraries_are_named_on_both_sides(gpu: StandIn, monkeypatch) -> None:
    header = header_on(CUDA)
    monkeypatch.setattr(torch.version, "cuda", "12.1")
    assert "with 'torch " in what_fails(header, CUDA) and "this is torch" in what_fails(header, CUDA)
    gpu.name, gpu.capability = "NVIDIA A100", (8, 0)
    todo = what_fails(header, CUDA)
    assert todo == (
        "decode it where it was written, with 'NVIDIA H200, compute capability 9.0'; "
        "this is NVIDIA A100, compute capability 8.0"
    )


def test_another_device_is_named(gpu: StandIn) -> None:
    assert what_fails(header_on(CUDA), CPU) == "decode it on a 'cuda' device, where it was written"
    assert what_fails(header_on(CPU), CUDA) == "decode it on a 'cpu' device, where it was written"


def test_streams_from_before_stay_readable_and_say_that_they_do_not_name_their_gpu(gpu: StandIn) -> None:
    old = {name: value for name, value in header_on(CUDA).items() if name not in ("gpu", "libraries")}
    codec = SimpleNamespace(identity=IDENTITY, geometry=lambda height, width: GEOMETRY)
    assert geometry_of(old, codec, {}) == geometry_of(header_on(CUDA), codec, {}) == GEOMETRY
    assert "a GPU that the stream does not name; this is NVIDIA H200" in what_fails(old, CUDA)
    assert what_fails({}, CUDA) == "fetch the stream again"  # a file that was made elsewhere
