"""How a GPU computes in this process: one policy, set before any lane starts, held while lanes run.

torch keeps these switches for the whole process, and by default lets cuDNN round the operands of convolutions to TF32's
11 bits, which is enough to move a task's predictions. So a run says which it takes, and its manifest keeps it. What
must repeat bit for bit, the learned codecs, asks cuDNN for its own switches (`codecs.learned.arithmetic`), whatever
holds here. On the CPU nothing is set.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from ahc_stream.core.cuda import drain
from ahc_stream.core.device_memory import keep_headroom, memory_for
from ahc_stream.core.errors import InvalidValue, UnknownName

PRECISIONS = ("float32", "tf32")
BLOCKING_SYNC = 4
"""CU_CTX_SCHED_BLOCKING_SYNC, which the runtime calls cudaDeviceScheduleBlockingSync."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class NumericPolicy:
    """What a GPU computes with.

    precision:      of products and convolutions of float32: "float32", all of its 24 bits, or "tf32", 11 bits of each
                    operand, on tensor cores.
    benchmark:      whether cuDNN chooses its kernels by timing them: then no two runs need have the same bits.
    deterministic:  whether cuDNN takes only kernels whose sums have one order.
    """

    precision: str = "float32"
    benchmark: bool = False
    deterministic: bool = True

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise UnknownName.among("precision", self.precision, PRECISIONS)

    @classmethod
    def of(cls, precision: str, device: torch.device) -> NumericPolicy:
        """Raises UnknownName, and InvalidValue for a precision that the device does not have."""
        policy = cls(precision)
        if policy.is_tf32 and device.type != "cuda":
            raise InvalidValue("a GPU for the precision tf32", str(device), "leave it out: the CPU computes in float32")
        return policy

    @property
    def is_tf32(self) -> bool:
        """Whether operands may be rounded."""
        return self.precision == "tf32"


Switches = tuple[bool, bool, bool, bool]
"""TF32 of convolutions and of products, cuDNN's benchmark, and whether it is deterministic."""

_lock = threading.Lock()
_held: NumericPolicy | None = None
_holders = 0
_before: Switches = (True, False, False, False)


@contextmanager
def computing_by(policy: NumericPolicy, device: torch.device) -> Iterator[None]:
    """Within it the process computes by `policy`, threads that wait for the GPU sleep, and torch leaves it some memory;
    to be entered before lanes start. Afterwards torch's switches are as they were.

    Raises InvalidValue where another policy is held already, and DeviceError where the GPU is full, or gets so full
    that a lane cannot go on.
    """
    if device.type != "cuda":
        yield
        return
    _take(policy)
    try:
        sleep_while_waiting(device)
        keep_headroom(device)
        with memory_for("all that is on the GPU at once"):
            yield
    finally:
        _leave()


def _take(policy: NumericPolicy) -> None:
    global _held, _holders, _before
    with _lock:
        if _holders and policy != _held:
            got = f"{policy}, while another one computes with {_held}"
            raise InvalidValue("one numeric policy in a process", got, "run one after the other, or in another process")
        if not _holders:
            _before = _switches()
            _set((policy.is_tf32, policy.is_tf32, policy.benchmark, policy.deterministic))
        _held, _holders = policy, _holders + 1


def _leave() -> None:
    global _held, _holders
    with _lock:
        _holders -= 1
        if not _holders:
            _held = None
            _set(_before)


def _switches() -> Switches:
    cudnn, products = torch.backends.cudnn, torch.backends.cuda.matmul
    return cudnn.allow_tf32, products.allow_tf32, cudnn.benchmark, cudnn.deterministic


def _set(switches: Switches) -> None:
    cudnn, products = torch.backends.cudnn, torch.backends.cuda.matmul
    cudnn.allow_tf32, products.allow_tf32, cudnn.benchmark, cudnn.deterministic = switches


def sleep_while_waiting(device: torch.device, driver: Any = None) -> None:
    """Threads that wait for the device sleep, where CUDA lets them spin: there are more lanes than waiting is worth
    processors, and a copy to the host waits too. It moves no number, so a driver that refuses is only logged.

    driver:  CUDA's library; None: the one of this machine.
    """
    drain(device)  # the context exists then, and keeps what is set
    driver = driver or ctypes.CDLL("libcuda.so.1")
    number = ctypes.c_int()
    code = driver.cuDeviceGet(ctypes.byref(number), _index(device))
    code = code or driver.cuDevicePrimaryCtxSetFlags_v2(number, BLOCKING_SYNC)
    if code:
        _log.warning("threads that wait for %s will spin: the driver answered %d", device, code)


def _index(device: torch.device) -> int:
    return torch.cuda.current_device() if device.index is None else device.index
