"""Networks as a runtime runs them: the numbers of torch, in any shape, from any lane; and what `auto` comes to."""

from __future__ import annotations

import sys
import threading

import pytest
import torch
from torch import Tensor, nn

from ahc_stream import tasks
from ahc_stream.core.cuda import lane
from ahc_stream.core.errors import InvalidValue, MissingExtra
from ahc_stream.tasks.networks.backends import runner

CPU = torch.device("cpu")
RUNTIMES = ["onnxruntime", "openvino"]
WITH_BACKEND = [name for name, entry in tasks.TASKS.items() if entry.cpu_backend]


class Small(nn.Module):
    """Two outputs; where the second axis is long, the side of the picture tells in the numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 3, stride=2, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = torch.relu(self.convolution(x.float()))
        rows = torch.arange(features.shape[2], dtype=features.dtype)
        return (features + rows[:, None]).flatten(2), features


def small() -> Small:
    torch.manual_seed(0)
    return Small().eval().requires_grad_(False)


def pictures(*shape: int) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("backend", RUNTIMES)
def test_the_network_stays_as_it_was(backend: str):
    network = small()
    runner(network, backend)(pictures(1, 3, 16, 16))
    assert not any(module.training for module in network.modules())


def test_torch_is_the_network_itself():
    network = small()
    assert runner(network, "torch") is network


@pytest.mark.parametrize("backend", RUNTIMES)
@pytest.mark.parametrize("free_sides", [False, True])
def test_a_runtime_gives_the_first_output_of_every_shape(backend: str, free_sides: bool):
    network = small()
    run = runner(network, backend, free_sides)
    for height, width in ((16, 24), (32, 8), (16, 24), (7, 5)):
        x = pictures(1, 3, height, width)
        assert torch.allclose(run(x), network(x)[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_bytes_and_strided_pictures_are_taken(backend: str):
    network = small()
    x = (pictures(1, 3, 16, 16) * 255).byte()
    assert torch.allclose(runner(network, backend)(x), network(x)[0], rtol=1e-5, atol=1e-3)
    last = pictures(1, 3, 16, 16).to(memory_format=torch.channels_last)
    assert torch.allclose(runner(network, backend)(last), network(last)[0], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_what_a_run_gives_is_not_overwritten_by_the_next(backend: str):
    run = runner(small(), backend)
    first = run(pictures(1, 3, 16, 16))
    before = first.clone()
    run(torch.zeros(1, 3, 16, 16))
    assert torch.equal(first, before)


@pytest.mark.parametrize("backend", RUNTIMES)
def test_lanes_compile_at_once_and_give_the_same(backend: str):
    x, results, begin = pictures(1, 3, 40, 40), [], threading.Barrier(3)
    networks = [small() for _ in range(3)]  # the seed is the process's: three lanes would draw from it in turn

    def work(network: nn.Module) -> None:
        with lane(CPU, 1):
            run = runner(network, backend)
            begin.wait()
            results.append(run(x))

    lanes = [threading.Thread(target=work, args=(network,)) for network in networks]
    for each in lanes:
        each.start()
    for each in lanes:
        each.join()
    assert len(results) == 3 and all(torch.equal(result, results[0]) for result in results)


@pytest.mark.parametrize(("backend", "package"), [("onnxruntime", "onnxruntime"), ("openvino", "openvino")])
def test_a_runtime_that_is_not_installed_is_an_error_with_its_install_line(backend, package, monkeypatch):
    from ahc_stream.tasks.networks.backends import open_vino

    open_vino._core.cache_clear()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtra, match=rf"ahc-stream\[{backend}\]"):
        runner(small(), backend)(pictures(1, 3, 8, 8))
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match=rf"ahc-stream\[{backend}\]"):
        runner(small(), backend)(pictures(1, 3, 8, 8))


@pytest.mark.parametrize("name", WITH_BACKEND)
def test_auto_is_settled_by_task_and_device_and_named_in_the_spec(name: str):
    on_cpu = tasks.settled(tasks.parse(name), CPU)
    on_gpu = tasks.settled(tasks.parse(name), torch.device("cuda"))
    assert f":backend={tasks.TASKS[name].cpu_backend}" in str(on_cpu) and ":backend=torch" in str(on_gpu)
    assert tasks.settled(on_cpu, CPU) == on_cpu == tasks.settled(tasks.parse(str(on_cpu)), CPU)


def test_a_task_without_a_network_of_torch_is_left_as_it_is():
    for name in ("tracking", "ocr"):
        assert tasks.settled(tasks.parse(name), CPU) == tasks.parse(name)


def test_a_runtime_on_a_gpu_is_refused():
    with pytest.raises(InvalidValue, match="backend=torch on cuda"):
        tasks.settled(tasks.parse("detection:backend=onnxruntime"), torch.device("cuda"))


@pytest.mark.parametrize("yaml", ["yolov5n", "yolov8n", "yolov9t", "yolov10n", "yolo11n", "yolo12n"])
def test_every_family_of_detectors_runs_in_onnxruntime(yaml, seeded):
    from ahc_stream.tasks.detection import yolo

    model = yolo.load(seeded(yaml, settled=False), CPU)
    run = yolo.network(model, "onnxruntime")
    for height, width in ((64, 96), (128, 64)):
        x = pictures(1, 3, height, width)
        with torch.inference_mode():
            expected = model(x)
        expected = expected[0] if isinstance(expected, tuple) else expected
        assert torch.allclose(run(x), expected, rtol=1e-4, atol=1e-3)
