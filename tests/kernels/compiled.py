"""Compiles what would be launched, for a GPU that need not be there, and reads what the machine code takes."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import torch

from ahc_stream.kernels import launching


@dataclass(frozen=True)
class Compiled:
    """Machine code of one variant of a kernel.

    name:       module and function.
    registers:  of a thread.
    stack:      bytes of a thread; no kernel has arrays of its own, so all of it is what did not fit into registers.
    shared:     bytes of a program.
    digest:     of all that went into compiling it: equal ones are one variant.
    """

    name: str
    registers: int
    stack: int
    shared: int
    digest: str


@dataclass(frozen=True)
class Launch:
    """A call of a kernel that was not made."""

    kernel: Any
    arguments: tuple[Any, ...]
    constants: tuple[tuple[str, Any], ...]

    @property
    def name(self) -> str:
        return f"{self.kernel.fn.__module__.rpartition('.')[2]}.{self.kernel.fn.__name__}"

    @property
    def kind(self) -> Hashable:
        return launching.kind(self.kernel, self.arguments, dict(self.constants))

    def compiled(self) -> Any:
        """Triton's object, for the GPU of `compiling_for`. Tensors of the CPU stand for the GPU's: only types count."""
        return self.kernel.warmup(*self.arguments, grid=(1,), **dict(self.constants))


def launches_of(work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    """What `work` launches, on tensors of the CPU. Nothing is run or written."""
    launches: list[Launch] = []

    def note(kernel: Any, grid: tuple[int, ...], arguments: tuple[Any, ...], constants: dict[str, Any]) -> None:
        launches.append(Launch(kernel, arguments, tuple(constants.items())))

    with monkeypatch.context() as patched:
        patched.setattr(launching, "_run", note)
        patched.setattr(launching, "_compiled", set())
        work()
    return launches


@contextmanager
def compiling_for(capability: int) -> Iterator[None]:
    """Triton believes that a GPU of this compute capability (90: Hopper) is there."""
    from triton.backends.compiler import GPUTarget
    from triton.runtime import driver

    class Absent:
        """What `warmup` asks of a driver. Triton keeps what it compiled by device, so each capability is one."""

        def get_current_device(self) -> int:
            return capability

        def get_current_stream(self, device: int) -> int:
            return 0

        def get_current_target(self) -> GPUTarget:
            return GPUTarget("cuda", capability, 32)

        def get_active_torch_device(self) -> torch.device:
            return torch.device("cpu")

    driver.set_active(Absent())
    try:
        yield
    finally:
        if torch.cuda.is_available():  # without a GPU there is none to go back to
            driver.reset_active()


def compiled(launches: list[Launch], threads: int) -> list[Compiled]:
    """Every launch, compiled within `compiling_for` and looked into."""
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(_compiled, launches))


def _compiled(launch: Launch) -> Compiled:
    code = launch.compiled()
    usage = _usage(code.asm["cubin"])
    numbers = {what: int(re.search(rf"{what}:(\d+)", usage)[1]) for what in ("REG", "STACK")}  # type: ignore[index]
    return Compiled(launch.name, numbers["REG"], numbers["STACK"], code.metadata.shared, code.hash)


@cache
def _usage(cubin: bytes) -> str:
    import triton.backends.nvidia

    program = Path(triton.backends.nvidia.__file__).parent / "bin" / "cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        Path(file.name).write_bytes(cubin)
        run = partial(subprocess.run, capture_output=True, text=True, check=True)
        return run([program, "-res-usage", file.name]).stdout
