"""What the metric kernels would take of an H200, counted in their machine code: estimates that no GPU has confirmed.

    python -m tools.kernel_estimates [--frames 16] [--height 1080] [--width 1920]      (from the repository's root)

Every launch of all six metrics is compiled for compute capability 9.0. Of its main loop, and of what is around it,
the instructions are counted, times warps and rows. That gives three floors; the largest bounds a launch from below:

    issue    instructions / (132 multiprocessors * 4 a cycle): nothing waits
    loads    128 bytes of loads or stores a cycle from and to the first cache of each multiprocessor
    memory   bytes that a launch must read and write once, at 4.8 TB/s

A kernel takes longer: latency that eight warps do not hide, the tail of a grid, the launch itself (some 5 us).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
import triton.backends.nvidia

from ahc_stream.kernels.quality import StatisticsRequest
from ahc_stream.kernels.quality_cuda import statistics
from tests.kernels.compiled import Launch, compiling_for, launches_of

MULTIPROCESSORS, CLOCK, BANDWIDTH = 132, 1.755e9, 4.8e12
TOOLS = Path(triton.backends.nvidia.__file__).parent / "bin"
LINE = re.compile(r"/\*(?P<at>[0-9a-f]{4,})\*/\s+(?:@!?U?P\d+\s+)?(?P<name>[A-Z][A-Z0-9_.]*)(?P<rest>[^;]*);")
ALL_SIX = StatisticsRequest(error=True, colour=True, ssim_scales=5, vif=True)


@dataclass(frozen=True)
class Counts:
    """Of one warp: instructions, those that are FFMA, and 128-byte pieces that it loads or stores."""

    instructions: float = 0
    fused: float = 0
    pieces: float = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.instructions + other.instructions, self.fused + other.fused, self.pieces + other.pieces
        )  # fmt: skip

    def times(self, factor: float) -> Counts:
        return Counts(self.instructions * factor, self.fused * factor, self.pieces * factor)


def counts_of(launch: Launch) -> Counts:
    """Of all warps of a launch together."""
    sass = sass_of(launch.compiled().asm["cubin"])
    loops = [(target, at) for at, name, rest in sass if name == "BRA" and (target := jump(rest)) < at]
    first, last = max(loops, key=lambda loop: loop[1] - loop[0], default=(1, 0))
    once, each = Counts(), Counts()
    for at, name, _ in sass:
        if first <= at <= last:
            each += one(name)
        else:
            once += one(name)
    numbers = dict(zip(launch.kernel.arg_names, launch.arguments, strict=False)) | dict(launch.constants)
    return (once + each.times(trips(launch.name, numbers))).times(warps(launch.name, numbers))


def one(name: str) -> Counts:
    kind, *options = name.split(".")
    width = next((int(option) for option in options if option in {"64", "128"}), 32)
    return Counts(name != "NOP", kind == "FFMA", width / 32 if kind in {"LDG", "STG", "LDL", "STL"} else 0)


def jump(rest: str) -> int:
    found = re.search(r"0x([0-9a-f]+)", rest)
    return int(found[1], 16) if found else 1 << 62


def sass_of(cubin: bytes) -> list[tuple[int, str, str]]:
    """Address, name and operands of every instruction."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        Path(file.name).write_bytes(cubin)
        command = [TOOLS / "cuobjdump", "-sass", file.name]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return [(int(line["at"], 16), line["name"], line["rest"]) for line in LINE.finditer(text)]


def trips(name: str, numbers: dict[str, Any]) -> int:
    """Of the main loop: the rows that a lane goes through."""
    if name == "planes_cuda._totals":
        return -(-numbers["count"] // numbers["BLOCK"])
    if name == "pixels_cuda._pixels":
        return numbers["ROWS"]
    return min(numbers["rows"] + len(numbers["TAPS"]) - 1, numbers["height"])


def warps(name: str, numbers: dict[str, Any]) -> float:
    if name == "planes_cuda._totals":
        return numbers["sums"].numel() * 8
    return numbers.get("planes", numbers.get("frames")) * numbers["bands"] * numbers["groups"] / 32


def memory_of(launch: Launch) -> int:
    """Bytes of the tensors that a launch reads or writes, each once."""
    return sum(part.numel() * part.element_size() for part in launch.arguments if isinstance(part, torch.Tensor))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("--frames", 16), ("--height", 1080), ("--width", 1920)):
        options.add_argument(name, type=int, default=default)
    asked = options.parse_args()
    frames = torch.empty((asked.frames, 3, asked.height, asked.width), dtype=torch.uint8, device="meta")
    launches = launches_of(lambda: statistics(frames, frames, ALL_SIX), pytest.MonkeyPatch())
    print("| launch (estimates, not measured) | GFFMA | G instructions | issue us | loads us | memory us |")
    print("|---|---|---|---|---|---|")
    total = 0.0
    with compiling_for(90):
        for launch in launches:
            counts = counts_of(launch)
            issue = counts.instructions / (MULTIPROCESSORS * 4 * CLOCK) * 1e6
            loads = counts.pieces / (MULTIPROCESSORS * CLOCK) * 1e6
            memory = memory_of(launch) / BANDWIDTH * 1e6
            total += max(issue, loads, memory)
            sums = f"{counts.fused * 32e-9:.2f} | {counts.instructions * 32e-9:.2f}"
            print(f"| `{launch.name}` | {sums} | {issue:.0f} | {loads:.0f} | {memory:.0f} |")
    print(f"\nSum of the largest floors: {total:.0f} us (estimate).")


if __name__ == "__main__":
    main()
