"""What runs a network of torch on the CPU: torch itself, or a runtime that compiles the network first.

    torch         as it is; on a GPU always
    onnxruntime   twice as fast on YOLO and I3D, little on HED
    openvino      three times as fast on I3D

A runtime sums in another order than torch, so numbers differ in their last bits, as they do between processors; how
much, the tests of each task say. A runtime is no fallback for another: what is not installed is an error. So
`backend=auto` is settled by task and device alone, before a run begins, and the manifest says what it came to: rows of
two backends never stand in one folder.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from ahc_stream.tasks.networks.backends import onnx_runtime, open_vino
from ahc_stream.tasks.networks.backends.export import to_onnx

Network = Callable[[Tensor], Tensor]

_COMPILERS: dict[str, Callable[[bytes, str], Network]] = {
    "onnxruntime": onnx_runtime.compile_network,
    "openvino": open_vino.compile_network,
}


def runner(network: nn.Module, backend: str, free_sides: bool = False) -> Network:
    """The network as `backend` runs it. Raises MissingExtra without the package.

    network:     in evaluation mode, of one input; of several outputs the first counts.
    backend:     torch, onnxruntime or openvino; the last two take what is on the CPU.
    free_sides:  whether one compiled network takes pictures of all sizes, [N, C, H, W] with any H and W. Without it,
                 each shape is compiled when it first comes.
    """
    if backend == "torch":
        return network
    return _Compiled(network, backend, free_sides)


class _Compiled:
    """A network that is exported and compiled when its first input comes: float32 or uint8 on the CPU -> float32."""

    def __init__(self, network: nn.Module, backend: str, free_sides: bool) -> None:
        self._network, self._backend, self._free_sides = network, backend, free_sides
        self._by_shape: dict[tuple[int, ...], Network] = {}

    def __call__(self, batch: Tensor) -> Tensor:
        key = tuple(batch.shape[:2] if self._free_sides else batch.shape)
        if key not in self._by_shape:
            self._by_shape[key] = self._compiled(batch)
        return self._by_shape[key](batch)

    def _compiled(self, batch: Tensor) -> Network:
        extra = self._backend  # which bears the same name
        model = to_onnx(self._network, batch, self._free_sides, extra)
        return _COMPILERS[self._backend](model, extra)
