"""The line as discrete events: frames per second, the bottleneck and the idle share of a GPU, from what stages cost.

    python tools/simulate_line.py            the table of docs/gpu.md: estimates of an H200, before and after
    python tools/simulate_line.py --check    runs on this machine's CPU against what is predicted of them

Lanes, channels and their depths are those of `ahc_stream.lanes`: a lane takes an item, does its pieces of work one
after the other, and waits until there is room behind. A piece of work holds one unit of a resource for so many seconds:
a GPU, a processor, a decoder engine. Work of several lanes on one GPU takes turns; it never runs side by side.
"""

from __future__ import annotations

import argparse
import heapq
import tempfile
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ahc_stream.experiment import Experiment


@dataclass(frozen=True)
class Work:
    """Seconds that one unit of a resource is held."""

    resource: str
    seconds: float


@dataclass(frozen=True)
class Stage:
    """See `ahc_stream.lanes.Stage`; `works` is what its step does with one item, in order."""

    name: str
    works: tuple[Work, ...]
    lanes: int = 3
    depth: int = 2


@dataclass
class Outcome:
    """seconds: until the last item left. busy: by resource, the share of its units' time that they were held.
    stages: by stage, the share of its lanes' time that they held a resource or waited for one."""

    seconds: float
    busy: dict[str, float]
    stages: dict[str, float]

    @property
    def bottleneck(self) -> str:
        """The resource that is busy for the largest share."""
        return max(self.busy, key=lambda name: self.busy[name])


def simulate(stages: Sequence[Stage], capacities: Mapping[str, int], items: int) -> Outcome:
    """`items` go through the stages.

    capacities:  units of each resource that `stages` name.
    """
    return _Simulation(stages, capacities, items).run()


@dataclass
class _Resource:
    units: int
    free: int
    held: float = 0.0
    waiting: deque[Callable[[], None]] = field(default_factory=deque)


@dataclass
class _Channel:
    """Items between two stages, and who waits for one or for room."""

    room: float
    items: int = 0
    takers: deque[Callable[[], None]] = field(default_factory=deque)
    putters: deque[Callable[[], None]] = field(default_factory=deque)


class _Simulation:
    """Events are calls at a time; a lane goes on by handing the next call over."""

    def __init__(self, stages: Sequence[Stage], capacities: Mapping[str, int], items: int) -> None:
        self._stages, self._items, self._left = stages, items, 0
        self._now, self._order = 0.0, count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._resources = {name: _Resource(units, units) for name, units in capacities.items()}
        self._channels = [_Channel(float("inf"), items)]
        self._channels += [_Channel(stage.depth) for stage in stages[:-1]]
        self._channels.append(_Channel(float("inf")))
        self._busy = dict.fromkeys((stage.name for stage in stages), 0.0)

    def run(self) -> Outcome:
        for number, stage in enumerate(self._stages):
            for _ in range(stage.lanes):
                self._take(number)
        while self._events:
            self._now, _, call = heapq.heappop(self._events)
            call()
        assert self._channels[-1].items == self._items, "every item came through"
        seconds = self._now
        busy = {name: one.held / (one.units * seconds) for name, one in self._resources.items()}
        stages = {stage.name: self._busy[stage.name] / (stage.lanes * seconds) for stage in self._stages}
        return Outcome(seconds, busy, stages)

    def _after(self, seconds: float, call: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self._now + seconds, next(self._order), call))

    def _take(self, number: int) -> None:
        """A lane of the stage waits for its next item."""
        channel = self._channels[number]
        if not channel.items:
            channel.takers.append(lambda: self._take(number))
            return
        channel.items -= 1
        if channel.putters:
            self._after(0, channel.putters.popleft())
        self._work(number, 0, self._now)

    def _work(self, number: int, step: int, begun: float) -> None:
        stage = self._stages[number]
        if step == len(stage.works):
            self._busy[stage.name] += self._now - begun
            self._put(number)
            return
        work = stage.works[step]
        resource = self._resources[work.resource]
        if not resource.free:
            resource.waiting.append(lambda: self._work(number, step, begun))
            return
        resource.free -= 1
        resource.held += work.seconds
        self._after(work.seconds, lambda: self._release(number, step, begun))

    def _release(self, number: int, step: int, begun: float) -> None:
        resource = self._resources[self._stages[number].works[step].resource]
        resource.free += 1
        if resource.waiting:
            self._after(0, resource.waiting.popleft())
        self._work(number, step + 1, begun)

    def _put(self, number: int) -> None:
        """A lane hands its item on, and takes the next one."""
        channel = self._channels[number + 1]
        if channel.items >= channel.room:
            channel.putters.append(lambda: self._put(number))
            return
        channel.items += 1
        if channel.takers:
            self._after(0, channel.takers.popleft())
        self._take(number)


FRAMES_OF_A_CLIP = 16


@dataclass(frozen=True)
class Costs:
    """Milliseconds a frame of `run mot17 --codec ssf2020@3` at 1080p takes, one way and back.

    Every figure is an estimate: of a review that counted operations, launches and copies, for an H200 and its host.
    decode:      of an NVDEC engine, and of the GPU for colour.
    transforms:  of the GPU, encoder and decoder.
    host:        of a processor in the frame loop: launches, synchronisations, Python.
    coder:       of a processor in the range coder, encoder and decoder.
    is_exposed:  whether the frame loop waits for the range coder.
    metrics:     of the GPU, six of them.
    detection:   of the GPU, YOLOv5s.
    """

    decode: tuple[float, float]
    transforms: float
    host: float
    coder: float
    is_exposed: bool
    metrics: float
    detection: float


BEFORE = Costs((1.2, 0.4), transforms=30.0, host=11.0, coder=19.0, is_exposed=True, metrics=0.75, detection=1.0)
TF32 = Costs((1.2, 0.1), transforms=6.5, host=11.0, coder=19.0, is_exposed=True, metrics=0.75, detection=1.0)
NOW = Costs((1.2, 0.1), transforms=6.5, host=2.0, coder=19.0, is_exposed=False, metrics=0.1, detection=0.5)
SCENARIOS = {
    "before: float32, symbols wait in the frame loop": (BEFORE, 3),
    "transforms in TF32 alone": (TF32, 3),
    "TF32, coder beside the loop, one launch a frame, new metrics": (NOW, 3),
    "the same, one lane": (NOW, 1),
    "the same, six lanes": (NOW, 6),
}
CAPACITIES = {"gpu": 1, "nvdec": 3, "processor": 16}


def line_of(costs: Costs, lanes: int) -> list[Stage]:
    """The three stages of a clip. What the coder does beside the loop is a stage of its own, of as many lanes as there
    are processors."""
    frames, second = FRAMES_OF_A_CLIP, 1e-3
    nvdec, colour = costs.decode
    open_works = (Work("nvdec", frames * nvdec * second), Work("gpu", frames * colour * second))
    host, coder = Work("processor", frames * costs.host * second), Work("processor", frames * costs.coder * second)
    transforms = Work("gpu", frames * costs.transforms * second)
    measure = (Work("gpu", frames * (costs.metrics + costs.detection) * second),)
    in_the_loop = (transforms, host, coder) if costs.is_exposed else (transforms, host)
    stages = [Stage("open", open_works, lanes), Stage("codec", in_the_loop, lanes)]
    if not costs.is_exposed:
        stages.append(Stage("coder", (coder,), CAPACITIES["processor"]))
    return [*stages, Stage("measure", measure, lanes)]


PICTURES, SIDES = 240, (512, 768)
CHECKED = {"jpeg@50": (1, 2), "webp@60": (1, 2), "jpeg2000@40": (1, 2)}
"""Codec -> numbers of lanes."""


def check() -> None:
    """Runs of stills with one thread in each lane, against what their stages cost where nothing runs beside them."""
    from ahc_stream.core import threads

    print("| run | lanes | seconds | predicted | off by |")
    print("|---|---|---|---|---|")
    with threads.limited(1), tempfile.TemporaryDirectory() as scratch:
        _write_pictures(Path(scratch))
        for codec, all_lanes in CHECKED.items():
            costs = _costs(_experiment(Path(scratch), codec, 1))
            for lanes in all_lanes:
                seconds = _seconds(_experiment(Path(scratch), codec, lanes))
                works = [Stage(name, (Work("processor", spent),), lanes) for name, spent in costs.items()]
                predicted = simulate(works, {"processor": threads.processors()}, PICTURES // FRAMES_OF_A_CLIP).seconds
                off = predicted / seconds - 1
                print(f"| {codec} | {lanes} | {seconds:.2f} | {predicted:.2f} | {off:+.0%} |")


def _experiment(folder: Path, codec: str, lanes: int) -> Experiment:
    import ahc_stream as ahc

    metrics = ("psnr", "ssim", "ms_ssim", "vif")
    return ahc.Experiment(str(folder), (codec,), metrics=metrics, device="cpu", lanes=lanes, threads=1)


def _seconds(experiment: Experiment) -> float:
    """Of a run once it has begun."""
    import ahc_stream as ahc

    run = ahc.run(experiment)
    begun = time.perf_counter()
    for _ in run:
        pass
    return time.perf_counter() - begun - max(load.setup for load in run.loads.values())


def _costs(experiment: Experiment) -> dict[str, float]:
    """Seconds of a clip in each stage: all go through all stages in this thread, one step after the other."""
    from ahc_stream.core.cuda import lane
    from ahc_stream.core.heap import keeping_memory
    from ahc_stream.line.work import NoEarlierWork
    from ahc_stream.plan import plan

    planned = plan(experiment)
    stages = planned.stages(NoEarlierWork())
    spent = dict.fromkeys((stage.name for stage in stages), 0.0)
    with lane(planned.device, 1), keeping_memory() as trim:
        steps = [(stage.name, stage.make()) for stage in stages]

        def push(number: int, thing: object) -> None:
            if number == len(steps):
                return
            name, step = steps[number]
            outputs = iter(step(thing))
            while True:
                begun = time.perf_counter()
                output = next(outputs, None)
                spent[name] += time.perf_counter() - begun
                if output is None:
                    return
                push(number + 1, output)

        for item in planned.dataset.items:
            push(0, item)
            trim()
    return {name: seconds / (PICTURES // FRAMES_OF_A_CLIP) for name, seconds in spent.items()}


def _write_pictures(folder: Path) -> None:
    from PIL import Image

    from ahc_stream.benches.material import texture

    for number, planes in enumerate(texture(24, *SIDES).clamp(0, 255).byte().permute(0, 2, 3, 1).numpy()):
        for copy in range(PICTURES // 24):
            Image.fromarray(planes).save(folder / f"{number:02d}-{copy:02d}.png", compress_level=1)


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with runs on this machine")
    if parser.parse_args().check:
        check()
        return
    clips = 200
    print("| line (every figure is an estimate) | frames/s | bottleneck | GPU idle |")
    print("|---|---|---|---|")
    for name, (costs, lanes) in SCENARIOS.items():
        outcome = simulate(line_of(costs, lanes), CAPACITIES, clips)
        rate = clips * FRAMES_OF_A_CLIP / outcome.seconds
        print(f"| {name} | {rate:.0f} | {outcome.bottleneck} | {1 - outcome.busy['gpu']:.0%} |")


if __name__ == "__main__":
    main()
