"""The whole line: a film through ssf2020 with metrics, tables on disk, beside the loop that the study would have run.

The study's loop: CompressAI frame by frame, pictures to the host, and each metric for each frame by itself.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import torch

from ahc_stream.benches.codecs import GOP, WEIGHTS, codec_of
from ahc_stream.benches.compressai_loops import VideoLoop
from ahc_stream.benches.material import video, write_film
from ahc_stream.benches.metric_peers import peers
from ahc_stream.benches.row import Row
from ahc_stream.benches.size import Size
from ahc_stream.benches.timing import finished, median_seconds
from ahc_stream.core.clip import Clip, Item, joined
from ahc_stream.datasets import load
from ahc_stream.experiment import Experiment
from ahc_stream.running import Run
from ahc_stream.sources import open_item

CODEC = f"ssf2020@3:gop={GOP}"
METRICS = ("psnr", "ssim", "ms_ssim", "vif")
FRAMES_PER_SECOND = 60
RATIO = 50


def study(size: Size) -> list[Row]:
    """Frames per second from file to tables, and the busiest stage's share of the time."""
    with tempfile.TemporaryDirectory() as scratch:
        film, out = Path(scratch) / "film.mp4", Path(scratch) / "out"
        write_film(film, video(size.frames, size.height, size.width, torch.device("cpu")))
        busiest: list[float] = []

        def ours() -> None:
            shutil.rmtree(out, ignore_errors=True)
            busiest.append(_run(film, out, size))

        works = {"ours": ours, "theirs": lambda: _study_loop(film, size)}
        seconds = median_seconds({name: finished(size.device, work) for name, work in works.items()}, 1)
    is_gpu = size.device.type == "cuda"
    return [
        Row(
            f"run, {CODEC}, {len(METRICS)} metrics, {size.frames} frames of {size.of_frames}",
            "frames/s",
            size.frames / seconds["ours"],
            size.frames / seconds["theirs"],
            "CompressAI, metrics per frame",
            goal=RATIO if is_gpu else None,
            target=FRAMES_PER_SECOND if is_gpu else None,
            bound_share=busiest[-1],
            higher_is_better=True,
        )
    ]


PARTS = (study,)


def _run(film: Path, out: Path, size: Size) -> float:
    """The share of the time that the busiest stage was busy."""
    asked = Experiment(str(film), (CODEC,), out, (), METRICS, device=str(size.device), weights=WEIGHTS)
    run = Run(asked)
    for _ in run:
        pass
    return max(load.busy_share for load in run.loads.values())


def _study_loop(film: Path, size: Size) -> None:
    (item,) = load(str(film)).items
    clip = _decoded(item, size)
    loop = VideoLoop(codec_of(CODEC, size.device).model.network, clip, GOP)
    loop.encode()
    calls = {name: next(iter(others.values()), None) for name, others in peers().items() if name in METRICS}
    for reference, frame in zip(torch.split(clip.frames, 1), loop.decode(), strict=True):
        for call in calls.values():
            if call is not None:
                float(call(reference, frame))


def _decoded(item: Item, size: Size) -> Clip:
    return joined([clip for clip in open_item(item, size.frames, size.device) if isinstance(clip, Clip)])
