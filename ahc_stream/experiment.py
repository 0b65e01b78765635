"""What to run, as one frozen value. `plan` looks its names up, `running` does the work."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ahc_stream.core.errors import InvalidValue

METRICS = ("mse", "mae", "psnr", "ssim", "ms_ssim", "vif")


@dataclass(frozen=True)
class Experiment:
    """What to run. The command line's flags are these fields, and the manifest records them.

    dataset:        a name of `ahc-stream list datasets`, or a path of a folder or file.
    codecs:         texts such as "h265@22,27,32:preset=fast" or "cheng2020-anchor@1..6".
    out:            folder of the tables; None keeps nothing and only yields rows.
    tasks:          texts such as "detection:model=yolov5s"; None takes the dataset's own.
    metrics:        names of `ahc-stream list metrics`.
    root:           where the dataset lies, if not under AHC_STREAM_HOME or AHC_STREAM_PATH.
    weights:        of learned codecs: None (the zoo's), a file or folder, or "random:SEED".
    device:         "auto", "cpu", "cuda" or "cuda:1".
    source:         what decodes the originals: "auto", "images", "pyav", "decord" or "dali".
    clip_frames:    frames per clip: the batch, and the memory.
    lanes:          threads per stage; 0 is three on a GPU and one on the CPU.
    depth:          clips that may wait between two stages.
    limit:          the first so many items only.
    shard:          (i, n): every n-th item from the i-th on.
    max_failures:   items that may fail before the run stops.
    flush_seconds:  how often finished rows are committed.
    """

    dataset: str
    codecs: tuple[str, ...]
    out: Path | None = None
    tasks: tuple[str, ...] | None = None
    metrics: tuple[str, ...] = METRICS
    root: Path | None = None
    weights: str | None = None
    device: str = "auto"
    source: str = "auto"
    clip_frames: int = 16
    lanes: int = 0
    depth: int = 2
    limit: int | None = None
    shard: tuple[int, int] = (0, 1)
    max_failures: int = 10
    flush_seconds: float = 10.0

    def __post_init__(self) -> None:
        for name, least in (("clip_frames", 1), ("lanes", 0), ("depth", 1), ("max_failures", 0)):
            if getattr(self, name) < least:
                raise InvalidValue(f"{name} of at least {least}", str(getattr(self, name)), f"change {name}")
        if not 0 <= self.shard[0] < self.shard[1]:
            raise InvalidValue("a shard i of n with 0 <= i < n", str(self.shard), "change shard")
