"""A GPU that is not there: tensors that say `cuda:0` and hold their numbers on the CPU.

Every operation on them runs, on the CPU, so that code takes its paths for a GPU and the numbers can be looked at, which
torch's own fake tensors do not have. Held as on a GPU: no operation mixes devices, NumPy sees nothing of a tensor
there, and whatever makes the host wait for the device is counted. A CUDA graph keeps the operations that it captured
and runs them again over the same memory; one that waits, or moves pageable memory, cannot be captured.

What it does not show: time, the order of work on several streams, and what a GPU's own kernels compute.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_map, tree_unflatten

from ahc_stream.kernels.fixed_product import FixedProduct

CUDA, CPU = torch.device("cuda:0"), torch.device("cpu")

aten = torch.ops.aten
_KEY = torch._C._TorchDispatchModeKey.FAKE
"""Torch looks for a driver with the first tensor on `cuda`, but not under a mode of this key."""

READS = frozenset(
    {
        aten._local_scalar_dense,
        aten.equal,
        aten.nonzero,
        aten.masked_select,
        aten.bincount,
        aten.histc,
        aten._unique2,
        aten.unique_dim,
        aten.unique_consecutive,
        aten.repeat_interleave,
    }
)
"""The host learns a result of these, or its size: it waits for the device."""

COPIES = frozenset({aten._to_copy, aten.copy_})

MIXED = frozenset({aten.index, aten.index_put_, aten.index_put, aten._index_put_impl_})
"""These take indexes from the host, too; torch moves them, and waits."""


class OnDevice(Tensor):
    """A tensor of the pretended GPU. `numbers`: the same on the CPU."""

    numbers: Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, numbers: Tensor) -> OnDevice:
        layout = {"strides": numbers.stride(), "storage_offset": numbers.storage_offset()}
        with torch.inference_mode(False):  # a view of a weight cannot be an inference tensor
            wrapped = Tensor._make_wrapper_subclass(cls, numbers.shape, **layout, dtype=numbers.dtype, device=CUDA)
        wrapped.numbers = numbers
        return wrapped

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise AssertionError(f"{func} on a tensor of the pretended GPU, outside of it or in a thread of its own")

    def tolist(self) -> Any:
        return self.cpu().tolist()

    def numpy(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    __array__ = numpy


@dataclass(frozen=True)
class Convolution:
    """One call of cuDNN, by what decides its kernel."""

    channels_last: bool
    dtype: torch.dtype
    tf32: bool


class Gpu(TorchDispatchMode):
    """Within it, `cuda:0` is there.

    counts:        "reads", "uploads" and "downloads" that wait, "waits" for events and streams; and what does not
                   wait: "copies" to the host behind an event, "pinned uploads", "launches", "replays". Waits of other
                   threads than the one that entered are "waits aside".
    convolutions:  those of cuDNN, in order.
    """

    def __init__(self) -> None:
        super().__init__()
        self._mode_key = _KEY
        self.counts: Counter[str] = Counter()
        self.convolutions: list[Convolution] = []
        self.moved: Counter[str] = Counter()
        self.capturing: list[Any] | None = None
        self._pinned: dict[int, Tensor] = {}
        self._thread = threading.get_ident()

    @classmethod
    def is_infra_mode(cls) -> bool:
        return True

    @property
    def synchronisations(self) -> int:
        """How often the host waited for the device."""
        return sum(self.counts[name] for name in ("reads", "uploads", "downloads", "waits"))

    @contextmanager
    def counted(self) -> Iterator[Counter[str]]:
        """What happens within, once it is left."""
        before, within = self.counts.copy(), Counter()
        yield within
        within.update(self.counts)
        within.subtract(before)

    def waits(self, kind: str) -> None:
        """Says that the host waits for the device."""
        if self.capturing is not None:
            raise RuntimeError(f"{kind}: operation not permitted when stream is capturing")
        self.counts[kind if threading.get_ident() == self._thread else f"{kind} aside"] += 1

    def __enter__(self) -> Gpu:
        torch._C._ensureCUDADeviceGuardSet()
        self._before = torch._C._only_lift_cpu_tensors(), torch.__future__.get_overwrite_module_params_on_conversion()
        torch._C._set_only_lift_cpu_tensors(True)
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        torch._C._set_only_lift_cpu_tensors(self._before[0])
        torch.__future__.set_overwrite_module_params_on_conversion(self._before[1])
        super().__exit__(*error)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        flat, spec = tree_flatten((args, kwargs or {}))
        there = [leaf for leaf in flat if isinstance(leaf, OnDevice)]
        asked = next((leaf for leaf in flat if isinstance(leaf, torch.device)), None)
        if not there and (asked is None or asked.type == "cpu"):
            return self._on_host(func, args, kwargs or {})
        with self:  # inference mode hands over operations that are made of others
            decomposed = func.decompose(*args, **(kwargs or {}))
        if decomposed is not NotImplemented:
            return decomposed
        self._check(func, flat, there)
        plain_args, plain_kwargs = tree_unflatten(list(map(_plain, flat)), spec)
        on_device = asked.type == "cuda" if asked is not None else isinstance(flat[0], OnDevice) or bool(there)
        if func.overloadpacket is aten.copy_:
            on_device = isinstance(args[0], OnDevice)
        self._count(func, args, plain_kwargs, on_device)
        plain_kwargs.pop("pin_memory", None)
        run = INSTEAD.get(func.overloadpacket, func)
        out = self.launched(run, plain_args, plain_kwargs, func)
        wrappers = {id(leaf.numbers): leaf for leaf in there}
        return tree_map(lambda leaf: _wrapped(leaf, wrappers) if on_device else leaf, out)

    def _on_host(self, func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Pinned memory is ordinary memory that we remember."""
        if func.overloadpacket is aten.is_pinned:
            return args[0].untyped_storage().data_ptr() in self._pinned
        pinned = kwargs.pop("pin_memory", False) or func.overloadpacket is aten._pin_memory
        out = args[0].clone() if func.overloadpacket is aten._pin_memory else func(*args, **kwargs)
        if pinned:
            self._pinned[out.untyped_storage().data_ptr()] = out  # held, so that nobody else gets its address
        return out

    def launched(self, run: Callable[..., Any], args: Any, kwargs: Any, name: object) -> Any:
        """`run` on the numbers, which a graph that is captured keeps."""
        out = run(*args, **kwargs)
        if not _is_view(out, args):
            self.counts["launches"] += 1
        if self.capturing is not None:
            self.capturing.append((run, args, kwargs, out))
        return out

    def _check(self, func: Any, flat: list[Any], there: list[OnDevice]) -> None:
        packet = func.overloadpacket
        if not there or packet in COPIES:
            return
        here = [leaf for leaf in flat if isinstance(leaf, Tensor) and not isinstance(leaf, OnDevice) and leaf.dim()]
        if here and packet not in MIXED:
            raise RuntimeError(f"{func}: tensors on cuda:0 and on cpu, {[tuple(leaf.shape) for leaf in here]}")
        for _ in here:
            self.waits("uploads")
        if packet in MIXED:
            for leaf in there[1:]:
                if leaf.dtype is torch.bool:
                    self.waits("reads")

    def _count(self, func: Any, args: Any, kwargs: Any, on_device: bool) -> None:
        packet = func.overloadpacket
        if packet in READS:
            self.waits("reads")
        if packet in COPIES:
            source = args[1] if packet is aten.copy_ else args[0]
            if packet is aten.copy_:
                non_blocking = args[2] if len(args) > 2 else kwargs.get("non_blocking", False)
            else:
                non_blocking = kwargs.get("non_blocking", False)
            self._copy(source, args[0], on_device, bool(non_blocking), packet is aten.copy_)

    def _copy(self, source: Tensor, target: Tensor, to_device: bool, non_blocking: bool, in_place: bool) -> None:
        from_device = isinstance(source, OnDevice)
        if from_device == to_device:
            return
        kind = "uploads" if to_device else "downloads"
        self.moved[kind] += source.nbytes
        if source.dim() == 0 and to_device and in_place:
            return  # a number goes along with the launch
        host = source if to_device else target
        pinned = (to_device or in_place) and host.untyped_storage().data_ptr() in self._pinned
        if non_blocking and not to_device and not pinned:
            raise RuntimeError("a copy to pageable memory that nobody waits for: the host may read it too early")
        if non_blocking and pinned:
            self.counts["copies" if not to_device else "pinned uploads"] += 1
        else:
            self.waits(kind)


def _plain(leaf: Any) -> Any:
    if isinstance(leaf, OnDevice):
        return leaf.numbers
    return CPU if isinstance(leaf, torch.device) else leaf


def _wrapped(leaf: Any, wrappers: dict[int, OnDevice]) -> Any:
    if not isinstance(leaf, Tensor):
        return leaf
    return wrappers[id(leaf)] if id(leaf) in wrappers else OnDevice(leaf)


def _storages(tree: Any) -> set[int]:
    return {leaf.untyped_storage().data_ptr() for leaf in tree_flatten(tree)[0] if isinstance(leaf, Tensor)}


def _is_view(out: Any, args: Any) -> bool:
    """Whether nothing was computed: a result in the memory of an argument, which is not that argument."""
    inputs = {id(leaf) for leaf in tree_flatten(args)[0] if isinstance(leaf, Tensor)}
    outputs = [leaf for leaf in tree_flatten(out)[0] if isinstance(leaf, Tensor)]
    is_new = [id(leaf) not in inputs for leaf in outputs]
    return bool(outputs) and all(is_new) and _storages(outputs) <= _storages(args)


def _cudnn(transposed: bool) -> Callable[..., Tensor]:
    def convolve(pixels: Tensor, weight: Tensor, *rest: Any) -> Tensor:
        output_padding = list(rest[1]) if transposed else [0, 0]
        padding, stride, dilation, groups = (rest[0], *rest[2:5]) if transposed else (rest[0], *rest[1:4])
        tf32 = rest[-1]
        gpu = current()
        last = all(t.is_contiguous(memory_format=torch.channels_last) for t in (pixels, weight))
        gpu.convolutions.append(Convolution(last, pixels.dtype, tf32))
        out: Tensor = aten.convolution(
            pixels, weight, None, stride, padding, dilation, transposed, output_padding, groups
        )
        return out

    return convolve


def _batch_norm(*args: Any) -> tuple[Tensor, ...]:
    out, mean, deviation = aten.native_batch_norm(*args)
    return out, mean, deviation, torch.empty(0, dtype=torch.uint8)


INSTEAD: dict[Any, Callable[..., Any]] = {
    aten.cudnn_batch_norm: _batch_norm,
    aten.cudnn_convolution: _cudnn(transposed=False),
    aten.cudnn_convolution_transpose: _cudnn(transposed=True),
}

_current: list[Gpu] = []


def current() -> Gpu:
    """The one that is entered."""
    return _current[-1]


class Event:
    """Everything is done when it was launched; waiting for it is counted."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.is_recorded = False

    def record(self, stream: Any = None) -> None:
        self.is_recorded = True

    def synchronize(self) -> None:
        current().waits("waits")

    def wait(self, stream: Any = None) -> None: ...

    def query(self) -> bool:
        return self.is_recorded


class Stream:
    numbers = itertools.count(1)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.cuda_stream, self.device = next(self.numbers), CUDA

    def synchronize(self) -> None:
        current().waits("waits")

    def wait_stream(self, other: Any) -> None: ...

    def wait_event(self, event: Any) -> None: ...

    def record_event(self, event: Any = None) -> Any:
        return event or Event()


class Graph:
    """What was captured, to be run again over the same memory."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.steps: list[Any] = []
        self._launches = 0

    def replay(self) -> None:
        gpu = current()
        gpu.counts["replays"] += 1
        with torch.inference_mode():
            for run, args, kwargs, before in self.steps:
                _overwrite(before, run(*args, **kwargs))

    def capture_begin(self, pool: Any = None, capture_error_mode: str = "global") -> None:
        """Work goes into the graph from here on, and is not counted as launched."""
        gpu = current()
        gpu.capturing, self._launches = self.steps, gpu.counts["launches"]

    def capture_end(self) -> None:
        gpu = current()
        gpu.capturing, gpu.counts["launches"] = None, self._launches


def _overwrite(before: Any, after: Any) -> None:
    for old, new in zip(tree_flatten(before)[0], tree_flatten(after)[0], strict=True):
        if isinstance(old, Tensor) and old.untyped_storage().data_ptr() != new.untyped_storage().data_ptr():
            old.copy_(new)


@contextmanager
def _nothing(*args: Any, **kwargs: Any) -> Iterator[None]:
    yield


def kernel(on_numbers: Callable[..., Any]) -> Callable[..., Any]:
    """A compiled kernel of ours for the GPU, by a function of tensors on the CPU."""

    def launch(*args: Any) -> Any:
        gpu = current()
        plain = tree_map(_plain, args)
        with _disabled():
            out = gpu.launched(on_numbers, plain, {}, on_numbers)
        return tree_map(lambda leaf: OnDevice(leaf) if isinstance(leaf, Tensor) else leaf, out)

    return launch


def _fixed_product(rows: Tensor, weights: Tensor, start: Tensor) -> Tensor:
    return FixedProduct(weights.float())(rows, start)


@contextmanager
def _disabled() -> Iterator[None]:
    mode = torch._C._unset_dispatch_mode(_KEY)
    try:
        yield
    finally:
        torch._C._set_dispatch_mode(mode)


FREE_BYTES = 8 << 30


@contextmanager
def pretended(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gpu]:
    """A pretended GPU, with torch's streams, events and graphs, and our kernels by their twins on the CPU."""
    import sys

    from ahc_stream.core import cuda as core_cuda
    from ahc_stream.core import device_memory
    from ahc_stream.kernels import quality_cpu, warp_cpu

    monkeypatch.setattr(core_cuda, "_recording_streams", {})
    monkeypatch.setattr(device_memory, "_watch_refusals", lambda: None)  # of its own memory nothing is refused
    main = Stream()
    cuda = {
        "Event": Event,
        "Stream": Stream,
        "CUDAGraph": Graph,
        "graph_pool_handle": lambda: (0, 1),
        "stream": _nothing,
        "device": _nothing,
        "current_stream": lambda device=None: main,
        "default_stream": lambda device=None: main,
        "current_device": lambda: 0,
        "device_count": lambda: 1,
        "is_available": lambda: True,
        "synchronize": lambda device=None: current().waits("waits"),
        "mem_get_info": lambda device=None: (FREE_BYTES, FREE_BYTES),
        "get_device_name": lambda device=None: "a pretended GPU",
        "get_device_capability": lambda device=None: (9, 0),
        "memory_reserved": lambda device=None: 0,
        "set_per_process_memory_fraction": lambda fraction, device=None: None,
        "is_current_stream_capturing": lambda: current().capturing is not None,
        "empty_cache": lambda: None,
    }
    for name, value in cuda.items():
        monkeypatch.setattr(torch.cuda, name, value)
    twins: dict[str, dict[str, Callable[..., Any]]] = {
        "warp_cuda": {"warped": warp_cpu.warped},
        "quality_cuda": {"statistics": quality_cpu.statistics},
        "fixed_product_cuda": {"fixed_product": _fixed_product},
    }
    for name, functions in twins.items():
        module = SimpleNamespace(**{key: kernel(function) for key, function in functions.items()})
        monkeypatch.setitem(sys.modules, f"ahc_stream.kernels.{name}", module)
    gpu = Gpu()
    _current.append(gpu)
    try:
        with gpu:
            yield gpu
    finally:
        _current.pop()
