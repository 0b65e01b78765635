"""How busy a GPU is, by a program in nvidia-smi's place."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from ahc_stream.core.gpu_load import sampled

CUDA = torch.device("cuda", 0)


@pytest.fixture
def driver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder on the PATH, and a GPU whose UUID is "ab"."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(uuid="ab"))
    return tmp_path


def write_driver(folder: Path, body: str) -> None:
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def test_it_says_means_and_the_most_memory(driver: Path) -> None:
    write_driver(driver, 'echo "40, 10, 1000"; echo "60, 30, 3000"; echo "80, 20, 2000"; exec sleep 60')
    with sampled(CUDA) as load:
        assert load is not None
        for _ in range(400):
            if len(load.gpu) == 3:
                break
            time.sleep(0.01)
    assert load.facts() == {"samples": 3, "gpu_percent": 60.0, "nvdec_percent": 20.0, "peak_memory_mib": 3000.0}


def test_it_asks_for_the_device_by_its_uuid(driver: Path, tmp_path: Path) -> None:
    write_driver(driver, f'echo "$@" > {tmp_path}/words; echo "1, [N/A], 5"; exec sleep 60')
    with sampled(CUDA) as load:
        assert load is not None
        while not load.gpu:
            time.sleep(0.01)
    assert "--id=GPU-ab" in (tmp_path / "words").read_text()
    assert load.facts() == {"samples": 1, "gpu_percent": 1.0, "nvdec_percent": None, "peak_memory_mib": 5.0}


def test_a_driver_that_says_something_else_is_the_reason(driver: Path) -> None:
    write_driver(driver, 'echo "Failed to initialize NVML: Driver/library version mismatch"')
    with sampled(CUDA) as load:
        assert load is not None
        for _ in range(400):
            if load.reason:
                break
            time.sleep(0.01)
    facts = load.facts()
    assert facts["samples"] == 0 and facts["gpu_percent"] is None
    assert facts["reason"] == "Failed to initialize NVML: Driver/library version mismatch"


def test_without_the_program_nothing_is_sampled_and_the_reason_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with sampled(CUDA) as load:
        assert load is not None
    assert load.facts()["reason"] == "nvidia-smi is not on the PATH"


def test_on_the_cpu_there_is_nothing_to_sample() -> None:
    with sampled(torch.device("cpu")) as load:
        assert load is None
