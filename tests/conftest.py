"""Shared by all tests: where the real data is, and the skip that names what is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from ahc_stream.core.scheduling import ordinary_priority
from ahc_stream.core.threads import torch_threads

# ultralytics looks up hosts and installs packages at import unless it is told not to.
os.environ.setdefault("YOLO_OFFLINE", "true")
os.environ.setdefault("YOLO_AUTOINSTALL", "false")
# Two processes run tests, each with a thread per processor. Threads that spin while they wait for one another would
# keep the other process from its work: the learned codecs' tests take 2.4 times as long then.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

# A busy machine is no fault of the code: what drawn examples may take is for the limit of the whole test to say.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_runtest_setup(item: pytest.Item) -> None:
    # What this pytest was asked for is not for those that tests start: in them coverage.py would combine this one's
    # data. Here, because xdist's workers read it when they start.
    os.environ.pop("PYTEST_ADDOPTS", None)
    if item.get_closest_marker("gpu") is not None:
        from tests import promised_gpu  # imports torch

        promised_gpu.check(item)


@pytest.fixture(autouse=True)
def ordinary_threads() -> Iterator[None]:
    """Tests that open SVT-AV1 by themselves would leave the whole process at a real-time priority, as root."""
    with ordinary_priority():
        yield


REAL_DATA = [Path(root) for root in os.environ.get("AHC_STREAM_PATH", "").split(os.pathsep) if root]


def real(relative: str) -> Path:
    """A file or folder of the real data roots; skips the test, by name, where no root holds it."""
    for root in REAL_DATA:
        if (root / relative).exists():
            return (root / relative).resolve()
    pytest.skip(f"real data {relative!r} is under no root of AHC_STREAM_PATH")  # absent on a fresh machine


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Of torch. Small networks gain nothing from more, on a busy machine OpenMP's waiting threads cost a factor of ten,
    and on some processors a convolution's last bits depend on how many there are."""
    with torch_threads(1):
        yield
