"""Every Triton kernel, compiled for GPUs that need not be there: what it takes of them, and how many variants it has.

A kernel without a budget fails, so a new one gets a line in the table. Registers decide how many warps hide a load's
latency; what is on the stack did not fit into them. The budgets hold for Triton 3.6 and 3.9, whose assemblers differ.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import random
import threading
from typing import Any, NamedTuple

import pytest
import torch

from ahc_stream import kernels
from ahc_stream.kernels import launching
from ahc_stream.kernels.quality import StatisticsRequest
from ahc_stream.metrics import METRICS, Fused
from ahc_stream.metrics.fused import compile_ahead, measured
from tests.kernels.compiled import Launch, compiled, compiling_for, launches_of


class Budget(NamedTuple):
    """Most of a thread's registers and bytes of stack, and of a program's bytes of shared memory."""

    registers: int
    stack: int = 0
    shared: int = 0


BUDGETS = {
    "pixels_cuda._pixels": Budget(72),
    "planes_cuda._totals": Budget(48, shared=64),
    # Sums of 16 (columns, quantities) times 10 rows that have begun: all 255 registers, at two programs of four warps
    # per multiprocessor. Two or three numbers that only the last lines need may wait in memory.
    "ssim_cuda._bands": Budget(255, stack=64),
    "vif_cuda._bits": Budget(255, stack=64),  # ten times 16
    "vif_cuda._thin": Budget(80, stack=8),
    "warp_cuda._blur": Budget(32),
    "warp_cuda._sample": Budget(128),
    "fixed_product_cuda._product": Budget(64),
    "colour_cuda._pairs": Budget(32),
}
EVERYTHING = StatisticsRequest(error=True, colour=True, ssim_scales=5, vif=True)
HOPPER, OTHERS = 90, (80, 100)


def modules() -> list[Any]:
    names = [module.name for module in pkgutil.iter_modules(kernels.__path__) if module.name.endswith("_cuda")]
    return [importlib.import_module(f"{kernels.__name__}.{name}") for name in names]


def launched_functions() -> set[str]:
    """Triton's functions that no other one calls: those are launched."""
    from triton.runtime import JITFunction

    functions, called = {}, set()
    for module in modules():
        for name, value in vars(module).items():
            if isinstance(value, JITFunction) and value.fn.__module__ == module.__name__:
                functions[name] = f"{module.__name__.rpartition('.')[2]}.{name}"
                tree = ast.parse(value.src)
                called |= {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and named(node)}
    return {full for name, full in functions.items() if name not in called}


def named(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name)


def everything() -> None:
    """Calls of all that is launched, in every variant that the line needs."""
    from ahc_stream.kernels.colour_cuda import to_rgb
    from ahc_stream.kernels.fixed_product_cuda import fixed_product
    from ahc_stream.kernels.quality_cuda import statistics
    from ahc_stream.kernels.warp_cuda import warped

    frames = torch.zeros(1, 3, 256, 256, dtype=torch.uint8)
    for request in (EVERYTHING, StatisticsRequest(error=True), StatisticsRequest(ssim_scales=1)):
        statistics(frames, frames, request)
    warped(torch.zeros(1, 3, 16, 16), torch.zeros(1, 3, 16, 16))
    fixed_product(*(torch.zeros(shape, dtype=torch.float64) for shape in ((2, 5), (5, 3), (2, 3))))
    for centred in (False, True):
        to_rgb(torch.zeros(1, 2, 2, 3), "bt709", False, centred)


def different(launches: list[Launch]) -> list[Launch]:
    """One launch of each kind: of what `launching` says that machine code depends on."""
    return list({launch.kind: launch for launch in launches}.values())


def largest(launches: list[Launch]) -> list[Launch]:
    """The first launch of each kernel: `everything` begins with the variant that asks for most."""
    return list({launch.name: launch for launch in reversed(launches)}.values())


def test_every_kernel_has_a_budget_and_a_launch_that_is_held_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {launch.name for launch in launches_of(everything, monkeypatch)} == set(BUDGETS) == launched_functions()


@pytest.mark.parametrize("capability", [HOPPER, *OTHERS])
def test_no_kernel_takes_more_than_its_budget(monkeypatch: pytest.MonkeyPatch, capability: int) -> None:
    launches = different(launches_of(everything, monkeypatch))
    with compiling_for(capability):
        for code in compiled(launches if capability == HOPPER else largest(launches), threads=2):
            budget = BUDGETS[code.name]
            taken = Budget(code.registers, code.stack, code.shared)
            assert all(have <= most for have, most in zip(taken, budget, strict=True)), (code.name, taken, budget)


def test_two_hundred_sizes_need_no_more_variants_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    from ahc_stream.kernels.quality_cuda import statistics

    drawn = random.Random(0)
    sizes = [(256, 256), *((drawn.randint(176, 400), drawn.randint(176, 400)) for _ in range(200))]

    def variants_of(size: tuple[int, int]) -> set[str]:
        frames = torch.zeros(drawn.randint(1, 2), 3, *size, dtype=torch.uint8)
        launches = launches_of(lambda: statistics(frames, frames, EVERYTHING), monkeypatch)
        return {launch.compiled().hash for launch in different(launches)}

    with compiling_for(HOPPER):
        first, *others = [variants_of(size) for size in sizes]
    assert len(first) == 12 and all(variants == first for variants in others)


def test_what_is_compiled_ahead_is_all_that_frames_of_any_size_launch(monkeypatch: pytest.MonkeyPatch) -> None:
    from ahc_stream.kernels.quality_cuda import statistics

    recipes = {name: metric.recipe for name, metric in METRICS.items() if isinstance(metric.recipe, Fused)}
    ahead = launches_of(lambda: compile_ahead(recipes, statistics, torch.device("cpu")), monkeypatch)
    for size in ((176, 176), (333, 200), (7, 9)):
        frames = torch.zeros(2, 3, *size, dtype=torch.uint8)
        later = launches_of(lambda frames=frames: measured(recipes, statistics, frames, frames), monkeypatch)
        assert {launch.kind for launch in later} <= {launch.kind for launch in ahead}


def test_a_kernel_is_compiled_by_one_thread_while_the_others_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first launch of a kind is alone; once it is through, nothing holds the others."""
    inside, most, lock, together = 0, 0, threading.Lock(), threading.Barrier(3, timeout=20)

    class Kernel:
        launches = 0

        def __getitem__(self, grid: tuple[int, ...]) -> Any:
            return self.run

        def run(self, *_: object, **__: object) -> None:
            nonlocal inside, most
            with lock:
                self.launches += 1
                number, inside = self.launches, inside + 1
                most = max(most, inside) if number == 1 else most
            if number == 1:
                threading.Event().wait(0.2)  # compiles, while the others arrive
                most = max(most, inside)
            with lock:
                inside -= 1

    monkeypatch.setattr(launching, "_compiled", set())
    kernel, tensor = Kernel(), torch.zeros(1)

    def launch() -> None:
        together.wait()
        launching.launch(kernel, (1,), tensor, SIZE=3)

    threads = [threading.Thread(target=launch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert kernel.launches == 3 and most == 1
