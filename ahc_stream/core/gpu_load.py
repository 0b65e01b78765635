"""How busy a GPU is while a run goes on, as its driver counts: nvidia-smi, which comes with every driver."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import fmean

import torch

QUERY = ("utilization.gpu", "utilization.decoder", "memory.used")
EVERY_MS = 500
_FIELDS = ",".join(QUERY)


@dataclass
class GpuLoad:
    """What was sampled so far; other programs on the same GPU count too.

    gpu, nvdec:  per cent of the time, samples in order. memory: MiB that are in use.
    reason:      why there is no sample; empty where there may be some.
    """

    gpu: list[float] = field(default_factory=list)
    nvdec: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    reason: str = ""

    def facts(self) -> dict[str, float | int | str | None]:
        """For the manifest: means, and the most memory; null, and the reason, where nothing was sampled."""
        if not self.gpu:
            reason = self.reason or "it ended before the first sample"
            return {"samples": 0, "gpu_percent": None, "nvdec_percent": None, "peak_memory_mib": None, "reason": reason}
        return {
            "samples": len(self.gpu),
            "gpu_percent": round(fmean(self.gpu), 1),
            "nvdec_percent": round(fmean(self.nvdec), 1) if self.nvdec else None,
            "peak_memory_mib": max(self.memory),
        }

    def take(self, line: str) -> None:
        """One sample as nvidia-smi prints it. A card without a decoder says "[N/A]" of it."""
        gpu, nvdec, memory = (part.strip() for part in line.split(","))
        self.gpu.append(float(gpu))
        self.memory.append(float(memory))
        if not nvdec.startswith("["):
            self.nvdec.append(float(nvdec))


@contextmanager
def sampled(device: torch.device) -> Iterator[GpuLoad | None]:
    """Samples the device twice a second until it is left; None on the CPU.

    The driver numbers GPUs in another order than CUDA may: they are matched by UUID.
    """
    if device.type != "cuda":
        yield None
        return
    load = GpuLoad()
    program = shutil.which("nvidia-smi")
    if program is None:
        load.reason = "nvidia-smi is not on the PATH"
        yield load
        return
    uuid = torch.cuda.get_device_properties(device).uuid
    words = [program, f"--id=GPU-{uuid}", f"--query-gpu={_FIELDS}", "--format=csv,noheader,nounits"]
    words.append(f"--loop-ms={EVERY_MS}")
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    reader = threading.Thread(target=_read, args=(process, load), name="gpu-load", daemon=True)
    reader.start()
    try:
        yield load
    finally:
        process.kill()
        process.wait()
        reader.join()


def _read(process: subprocess.Popen[str], load: GpuLoad) -> None:
    assert process.stdout is not None
    with process.stdout as lines:
        for line in lines:
            try:
                load.take(line)
            except ValueError:  # a message instead of numbers: the driver's own words are the reason
                load.reason = line.strip()
                return
