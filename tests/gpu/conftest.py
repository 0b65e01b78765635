"""The pretended GPU as a fixture."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from tests.gpu.pretend import Gpu, pretended


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks gain nothing from more, and on a busy machine waiting threads cost a factor of ten."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpu]:
    with torch.inference_mode(), pretended(monkeypatch) as entered:
        yield entered
