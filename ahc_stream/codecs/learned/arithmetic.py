"""Float arithmetic that an encoder and its decoder repeat bit for bit.

The entropy parameters decide how a string is read: one different last bit and the rest of it is garbage. So both sides
compute them with the same code on the same shapes (one frame at a time), in float32 and one thread, with convolution
algorithms that do not depend on the run. What remains outside our control, another device or library version, the
checksum of the symbols catches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import MappingProxyType

import torch
from torch import Tensor

from ahc_stream.codecs.learned.cudnn_convolutions import FixedConvolutions
from ahc_stream.core.device_memory import memory_for_all
from ahc_stream.core.threads import torch_threads

FLOAT32: Mapping[str, str] = MappingProxyType({"arithmetic": "float32"})
"""What a stream's header says of its numerics, where they are those of the networks: all but the context models."""


@contextmanager
def fixed_arithmetic(device: torch.device) -> Iterator[None]:
    """Within it, there is no autograd, autocast, TF32 or autotuning, and no kernel whose sums depend on the run, nor on
    how much memory is free: where it runs out, CodecError.

    `torch.backends.cudnn` holds the same switches, but for the whole process: a lane that leaves such a context would
    switch TF32 on again under another lane. This context belongs to the calling thread alone.
    """
    without_autocast = torch.autocast(device.type, enabled=False)
    with torch.no_grad(), without_autocast, memory_for_all(device), convolutions(device, tf32=False):
        yield


def convolutions(device: torch.device, tf32: bool) -> AbstractContextManager[object]:
    """Within it, convolutions on a GPU are cuDNN's fixed ones; see `FixedConvolutions`."""
    has_cudnn = torch.backends.cudnn.is_available()  # type: ignore[no-untyped-call]  # torch gives it no types
    return FixedConvolutions(tf32) if device.type == "cuda" and has_cudnn else nullcontext()


@contextmanager
def one_thread(device: torch.device) -> Iterator[None]:
    """Within it, convolutions on the CPU take one thread. It is for the networks that predict entropy parameters.

    oneDNN chooses how it splits a convolution, and so the order of its sums, by the number of threads: with 4 threads
    entropy parameters differ from those with 1.
    """
    with torch_threads(1 if device.type == "cpu" else torch.get_num_threads()):
        yield


def by_frame(network: Callable[[Tensor], Tensor], batch: Tensor) -> Tensor:
    """Each frame through a network of entropy parameters alone, so that the batch cannot change it."""
    with one_thread(batch.device):
        return torch.cat([network(frame) for frame in torch.split(batch, 1)])
