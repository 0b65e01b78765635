"""What to run, as one frozen value. `plan` looks its names up, `running` does the work."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.protocols import AnyTask, ClipCodec, Codec

if TYPE_CHECKING:
    from ahc_stream.datasets import Dataset

LEAST = {
    "clip_frames": 0,
    "lanes": 0,
    "depth": 1,
    "limit": 1,
    "every": 1,
    "max_failures": 0,
    "flush_seconds": 0,
    "max_pixels": 1,
    "clip_megabytes": 1,
    "threads": 0,
    "gpus_per_worker": 0,
    "cpus_per_worker": 0.01,
}
"""The smallest value of each number of an experiment."""
LINE = "line"
ENGINES = (LINE, "ray")
"""What may run an experiment."""
MOST = {"lanes": 256, "threads": 1024}
"""The largest: a thread for each, and more of them than any machine has use for end a process, or its start."""


@dataclass(frozen=True)
class Experiment:
    """What to run. The command line's flags are these fields, a file of an experiment has them as its keys
    (`experiment_file`), and the manifest records them.

    dataset:        a name of `ahc-stream list datasets`, a path of a folder or file, or a Dataset of your own.
    codecs:         texts such as "h265@22,27,32:preset=fast", "cheng2020-anchor@1..6" or "my_codec.py:Name@1,2", or
                    codec objects of your own (core.protocols), which are copied for each lane.
    out:            folder of the tables; None keeps nothing and only yields rows.
    tasks:          texts such as "detection:model=yolov5s" or "my_task.py:Corners", or task objects of your own
                    (core.protocols.Task), which are copied for each lane where there are several; None takes the
                    dataset's own.
    metrics:        names of `ahc-stream list metrics`, "my_metric.py:name", or functions and rows of your own
                    (metrics.own); None takes those of `metric_profile`.
    metric_profile: "standard", or "study": what the study computed, and its bpp in the report (docs/metrics.md).
    root:           where the dataset lies, if not under AHC_STREAM_HOME or AHC_STREAM_PATH.
    read_as:        of a path, what kind of data lies there: a name of `datasets.own.KINDS`; None finds out.
    split:          of data in several parts the one that is taken; None: val, else test, else train.
    labels, images: a JSON of COCO's instances, and the folder of its images, where they do not lie at the path itself.
    classes:        a YAML file of LABEL: MODEL, where labels call classes otherwise than the model.
    size, pix_fmt, fps:  of raw video (.yuv) whose name does not say them: "832x480", FFmpeg's name, frames per second.
    clean:          leave out images whose copies would spoil a score, of datasets known to have such (isic).
    weights:        of learned codecs: None (the zoo's), a file or folder, or "random:SEED".
    entropy:        range coder of learned codecs: "native" or "compressai"; both write the same bytes.
    device:         "auto", "cpu", "cuda" or "cuda:1".
    precision:      of a GPU's products of float32: "float32", which is exact, or "tf32", faster and rounded to 11 bits
                    (core.numeric_policy). Learned codecs compute in float32 whatever it says.
    source:         what decodes the originals: "auto", "images", "pyav", "decord" or "dali".
    clip_frames:    frames that travel together, at most; 0 is 16. It moves no number.
    clip_megabytes: their memory, at most: a clip of larger frames has fewer. It moves no number.
    threads:        of the whole process, for all that can be spread; 0 is all processors. Encoders in FFmpeg are apart:
                    their threads are an option of the operating point.
    lanes:          workers per stage; 0 is three on a GPU, and on the CPU one, but one for every four threads where
                    video goes through encoders.
    depth:          clips that may wait between two stages.
    frames:         (A, B): of each video and sequence the frames A to B - 1; B may be None. They keep their numbers.
    every:          N: of those every N-th, and of stills every N-th one.
    limit:          the first so many images, videos or sequences only.
    shard:          (i, n): every n-th image, video or sequence from the i-th on.
    max_failures:   items that may fail before the run stops.
    flush_seconds:  how often finished rows are committed.
    verify:         hash the data's files whole, not their ends only, and compare with what the folder knows of them.
    max_pixels:     pixels of one frame or image at most; a larger one is a failure.
    isolate:        decode originals in a process of their own with limits of time and memory, for files of strangers.
    save_recon:     keep every decoded frame as a PNG under `out`, for a report with pictures.
    engine:         "line", in this process, or "ray", on a cluster (docs/scale.md); the rows are the same.
    address:        of Ray's cluster: "auto" or "ray://HOST:PORT"; None starts a local Ray, and stops it at the end.
    workers:        of engine ray, "N" or "MIN..MAX"; None is as many as there is room for.
    gpus_per_worker, cpus_per_worker:  what a worker of engine ray asks for.
    """

    dataset: str | Dataset
    codecs: tuple[str | Codec | ClipCodec, ...]
    out: Path | None = None
    tasks: tuple[str | AnyTask, ...] | None = None
    metrics: tuple[object, ...] | None = None
    metric_profile: str = "standard"
    root: Path | None = None
    read_as: str | None = None
    split: str | None = None
    labels: Path | None = None
    images: Path | None = None
    classes: Path | None = None
    size: str | None = None
    pix_fmt: str | None = None
    fps: float | None = None
    clean: bool = True
    weights: str | None = None
    entropy: str = "native"
    device: str = "auto"
    precision: str = "float32"
    source: str = "auto"
    clip_frames: int = 0
    clip_megabytes: int = 256
    threads: int = 0
    lanes: int = 0
    depth: int = 2
    frames: tuple[int, int | None] | None = None
    every: int = 1
    limit: int | None = None
    shard: tuple[int, int] = (0, 1)
    max_failures: int = 10
    flush_seconds: float = 10.0
    verify: bool = False
    max_pixels: int = 100_000_000
    isolate: bool = False
    save_recon: bool = False
    engine: str = "line"
    address: str | None = None
    workers: str | None = None
    gpus_per_worker: float = 0.0
    cpus_per_worker: float = 1.0

    def __post_init__(self) -> None:
        if self.save_recon and self.out is None:
            raise InvalidValue("a folder for decoded frames", "out=None with save_recon", "name an out")
        for name, least in LEAST.items():
            value = getattr(self, name)
            if value is not None and not least <= value < math.inf:
                raise InvalidValue(f"{name} of at least {least}", str(value), f"change {name}")
            if value is not None and value > MOST.get(name, math.inf):
                raise InvalidValue(f"{name} of at most {MOST[name]}", str(value), f"change {name}")
        first, stop = self.frames or (0, None)
        if first < 0 or (stop is not None and stop <= first):
            raise InvalidValue("frames A:B with 0 <= A < B", str(self.frames), "change frames")
        if self.engine not in ENGINES:
            raise UnknownName.among("engine", self.engine, ENGINES)
        if self.engine != LINE and self.out is None:
            raise InvalidValue(
                f"a folder that workers write to, for the engine {self.engine}", "out=None", "name an out"
            )
        if not 0 <= self.shard[0] < self.shard[1]:
            raise InvalidValue("a shard i of n with 0 <= i < n", str(self.shard), "change shard")
