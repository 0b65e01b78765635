"""torch.cuda as machines with GPUs answer it, without one: streams, events and graphs that write down what is asked.

It holds to what CUDA and torch promise, and to what they refuse:

    streams     handed out in turn from a pool of 32 per device and priority: the 33rd is the first one again
    events      a wait for an event that was never recorded waits for nothing
    recording   a stream that records takes work of no other thread, and is not waited for: either spoils the recording
    spoiled     ending a spoiled recording raises, and leaves its pool of memory on, as torch does
    refusals    memory that runs out is told to observers in the thread that asked for it, whoever swallows the error

Nothing is computed. `launch` stands for a kernel: it goes to the calling thread's stream.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch

from ahc_stream.core import cuda

POOL = 32
GIBIBYTE = 1 << 30


@dataclass(eq=False)
class Stream:
    """One of a device's streams. `recorder` is the graph that records on it, and `recording_thread` whose it is."""

    gpu: StandIn
    device: torch.device
    priority: int
    place: int
    recorder: Graph | None = None
    recording_thread: int = 0

    def __str__(self) -> str:
        kind = {0: "", -1: "high "}[self.priority]
        return f"{kind}stream {self.place}" if self.place >= 0 else "default stream"

    def wait_stream(self, other: Stream) -> None:
        self.wait_event(other.record_event())

    def record_event(self) -> Event:
        event = Event(self.gpu)
        event.record(self)
        return event

    def wait_event(self, event: Event) -> None:
        self.gpu.say(f"{self} waits for {event.recorded_on}")

    def synchronize(self) -> None:
        self.gpu.forbid_while_recording(self)
        self.gpu.say(f"thread waits for {self}")


@dataclass(eq=False)
class Event:
    gpu: StandIn
    blocking: bool = False
    recorded_on: Stream | None = None

    def record(self, stream: Stream | None = None) -> None:
        self.recorded_on = stream or self.gpu.current_stream()
        self.gpu.check_thread(self.recorded_on)
        self.gpu.say(f"event on {self.recorded_on}")

    def synchronize(self) -> None:
        if self.recorded_on is not None:
            self.gpu.forbid_while_recording(self.recorded_on)
        how = "sleeps" if self.blocking else "spins"
        self.gpu.say(f"thread {how} until the event on {self.recorded_on}")


@dataclass(eq=False)
class Graph:
    """torch.cuda.CUDAGraph. `launches` are what a replay repeats."""

    gpu: StandIn
    launches: list[str] = field(default_factory=list)
    stream: Stream | None = None
    pool: tuple[int, int] = (0, 0)
    mode: str = ""
    spoiled: str = ""
    is_whole: bool = False

    def capture_begin(self, pool: tuple[int, int] | None = None, capture_error_mode: str = "global") -> None:
        stream = self.gpu.current_stream()
        if stream.place < 0 or stream.recorder is not None:
            raise RuntimeError(f"CUDA graphs must be captured on another stream than {stream}")
        self.stream, self.pool, self.mode = stream, pool or self.gpu.pool_handle(), capture_error_mode
        self.gpu.pools_recording.add(self.pool)
        stream.recorder, stream.recording_thread = self, threading.get_ident()
        self.gpu.say(f"recording begins on {stream}")

    def capture_end(self) -> None:
        stream = self.gpu.current_stream()
        if stream.recorder is not self:
            raise RuntimeError("Capture must end on the same stream it began on.")
        stream.recorder = None
        self.gpu.say(f"recording ends on {stream}")
        if self.spoiled:
            raise RuntimeError(f"operation failed due to a previous error during capture: {self.spoiled}")
        self.gpu.pools_recording.discard(self.pool)
        self.is_whole = True

    def replay(self) -> None:
        if not self.is_whole:
            raise RuntimeError("Called CUDAGraph::replay without a preceding successful capture.")
        self.gpu.say(f"replay on {self.gpu.current_stream()}")
        for name in self.launches:
            self.gpu.launch(name)


class StandIn:
    """The GPUs of the machine. `log` is what they were asked for, in order, of all threads."""

    def __init__(self, devices: int = 1) -> None:
        self.devices, self.name, self.capability = devices, "NVIDIA H200", (9, 0)
        self.log: list[str] = []
        self.handed_out: list[Stream] = []
        self.graphs: list[Graph] = []
        self.pools_recording: set[tuple[int, int]] = set()
        self.free, self.total, self.reserved, self.fraction = 100 * GIBIBYTE, 139 * GIBIBYTE, 0, 1.0
        self.before_launch: Callable[[str], None] = lambda name: None
        self._lock = threading.RLock()
        self._thread = threading.local()
        self._turns: Counter[tuple[torch.device, int]] = Counter()
        self._streams: dict[tuple[torch.device, int, int], Stream] = {}
        self._pools = 0
        self._observers: list[Callable[[int, int, int, int], None]] = []

    def say(self, text: str) -> None:
        with self._lock:
            self.log.append(text)

    # ---- what torch.cuda has ----

    def new_stream(self, device: torch.device | None = None, priority: int = 0) -> Stream:
        place_of = self._device(device)
        with self._lock:
            turn = self._turns[place_of, priority]
            self._turns[place_of, priority] += 1
            stream = self._stream(place_of, priority, turn % POOL)
            self.handed_out.append(stream)
            return stream

    def current_stream(self, device: torch.device | None = None) -> Stream:
        default = self._stream(self._device(device), 0, -1)
        current: Stream = getattr(self._thread, "stream", default)
        return current

    @contextmanager
    def on_stream(self, stream: Stream) -> Iterator[None]:
        before = self.current_stream(stream.device)
        self._thread.stream = stream
        try:
            yield
        finally:
            self._thread.stream = before

    def new_event(self, enable_timing: bool = False, blocking: bool = False, interprocess: bool = False) -> Event:
        return Event(self, blocking)

    def new_graph(self) -> Graph:
        graph = Graph(self)
        self.graphs.append(graph)
        return graph

    def pool_handle(self) -> tuple[int, int]:
        with self._lock:
            self._pools += 1
            return 0, self._pools

    def synchronize(self, device: torch.device | None = None) -> None:
        self.say("the whole device is waited for")

    def empty_cache(self) -> None:
        self.say("the cache is emptied")

    @contextmanager
    def graph(self, graph: Graph, pool: Any = None, stream: Stream | None = None, **options: Any) -> Iterator[None]:
        """torch's own context, with what it does to everybody else."""
        assert stream is not None, "torch would take a stream of the common pool"
        self.synchronize()
        self.empty_cache()
        with self.on_stream(stream):
            graph.capture_begin(pool, **options)
            try:
                yield
            finally:
                graph.capture_end()

    def memory_info(self, device: torch.device | None = None) -> tuple[int, int]:
        return self.free, self.total

    def set_fraction(self, fraction: float, device: torch.device | None = None) -> None:
        self.fraction = fraction

    def attach_observer(self, observer: Callable[[int, int, int, int], None]) -> None:
        self._observers.append(observer)

    def end_pool(self, device: int, pool: tuple[int, int]) -> None:
        if pool not in self.pools_recording:
            raise RuntimeError("endAllocatePool: not currently recording to mempool_id")
        self.pools_recording.discard(pool)

    def release_pool(self, device: int, pool: tuple[int, int]) -> None:
        self.say("a pool is released")

    # ---- what a test does with it ----

    def launch(self, name: str) -> None:
        """A kernel on the calling thread's stream."""
        self.before_launch(name)
        stream = self.current_stream()
        self.check_thread(stream)
        if stream.recorder is not None:
            stream.recorder.launches.append(name)
        self.say(f"{name} on {stream}")

    def run_out_of_memory(self) -> None:
        """What an allocation does that the device has no memory for."""
        for observer in self._observers:
            observer(0, GIBIBYTE, self.total, 0)
        raise torch.OutOfMemoryError("CUDA out of memory.")

    def check_thread(self, stream: Stream) -> None:
        """Another thread's work on a stream that records would be recorded too: CUDA refuses, and it is spoiled."""
        if stream.recorder is not None and stream.recording_thread != threading.get_ident():
            stream.recorder.spoiled = f"{stream} is used by another thread"
            raise RuntimeError("operation not permitted when stream is capturing")

    def forbid_while_recording(self, stream: Stream) -> None:
        """What waits for a stream that records can never end."""
        if stream.recorder is not None:
            stream.recorder.spoiled = f"{stream} was waited for"
            raise RuntimeError("operation not permitted when stream is capturing")

    def _device(self, device: torch.device | None) -> torch.device:
        index = 0 if device is None or device.index is None else device.index
        assert index < self.devices, f"no GPU {index}"
        return torch.device("cuda", index)

    def _stream(self, device: torch.device, priority: int, place: int) -> Stream:
        with self._lock:
            key = device, priority, place
            return self._streams.setdefault(key, Stream(self, device, priority, place))


def stand_in(monkeypatch: pytest.MonkeyPatch, devices: int = 1) -> StandIn:
    """In the place of torch.cuda, until the test ends."""
    gpu = StandIn(devices)
    of_torch = {
        "is_available": lambda: True,
        "device_count": lambda: devices,
        "current_device": lambda: 0,
        "get_device_name": lambda device=None: gpu.name,
        "get_device_capability": lambda device=None: gpu.capability,
        "Stream": gpu.new_stream,
        "Event": gpu.new_event,
        "CUDAGraph": gpu.new_graph,
        "current_stream": gpu.current_stream,
        "stream": gpu.on_stream,
        "graph": gpu.graph,
        "graph_pool_handle": gpu.pool_handle,
        "synchronize": gpu.synchronize,
        "empty_cache": gpu.empty_cache,
        "mem_get_info": gpu.memory_info,
        "memory_reserved": lambda device=None: gpu.reserved,
        "set_per_process_memory_fraction": gpu.set_fraction,
    }
    for name, call in of_torch.items():
        monkeypatch.setattr(torch.cuda, name, call)
    monkeypatch.setattr(torch._C, "_cuda_endAllocateToPool", gpu.end_pool)
    monkeypatch.setattr(torch._C, "_cuda_releasePool", gpu.release_pool)
    monkeypatch.setattr(torch._C, "_cuda_attach_out_of_memory_observer", gpu.attach_observer)
    monkeypatch.setattr(cuda, "_recording_streams", {})
    return gpu
