"""What a manifest says of the machine that made its numbers."""

from __future__ import annotations

import pytest
import torch

from ahc_stream import provenance


@pytest.mark.parametrize(
    ("device", "gpu"), [("cuda:1", "GPU 1"), ("cuda", "GPU 0"), ("cuda:0", "GPU 0"), ("cpu", "GPU 0")]
)
def test_the_gpu_is_the_one_that_computes(monkeypatch: pytest.MonkeyPatch, device: str, gpu: str) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"GPU {index}")
    assert provenance.hardware(torch.device(device))["gpu"] == gpu


def test_a_machine_without_a_gpu_names_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    facts = provenance.hardware(torch.device("cpu"))
    assert facts["gpu"] is None and facts["cuda"] is None and facts["cores"]
