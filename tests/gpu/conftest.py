"""The pretended GPU as a fixture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.gpu.pretend import Gpu, pretended


@pytest.fixture(autouse=True)
def small_networks(one_thread: None) -> None:
    """What these tests compute with gains nothing from more threads."""


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpu]:
    with torch.inference_mode(), pretended(monkeypatch) as entered:
        yield entered
