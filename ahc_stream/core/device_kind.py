"""What decides the last bits of a GPU's sums beside the program: its kind, and the libraries that choose kernels."""

from __future__ import annotations

from collections.abc import Mapping

import torch


def device_kind(device: torch.device) -> Mapping[str, str]:
    """Of a GPU "gpu", its name and compute capability, and "libraries", the versions of torch, CUDA and cuDNN. Empty
    for the CPU, where what must repeat has one order of summation on every machine."""
    if device.type != "cuda":
        return {}
    major, minor = torch.cuda.get_device_capability(device)
    cudnn = torch.backends.cudnn.version()  # type: ignore[no-untyped-call]  # torch gives it no types
    return {
        "gpu": f"{torch.cuda.get_device_name(device)}, compute capability {major}.{minor}",
        "libraries": f"torch {torch.__version__}, CUDA {torch.version.cuda}, cuDNN {cudnn}",
    }
