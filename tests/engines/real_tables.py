"""Kodak, a video and MOT17 on real data: one process, two workers and four leave the same tables.

AHC_STREAM_PATH=... python -m tests.engines.real_tables OUT [kodak] [video] [mot17]
"""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

import ray

from ahc_stream import runs, store
from ahc_stream.engines.ray_cluster import NAMESPACE, local_settings
from ahc_stream.experiment import Experiment
from ahc_stream.results import Results
from tests.engines.ray_runs import check
from tests.whole_runs import finish, tables_of

TIMED = re.compile("seconds|_ms|fps|delay")
"""Columns that are other each time."""
VIDEO = "clips/carphone_pristine.mp4"


def experiments() -> dict[str, dict[str, object]]:
    """Name -> what is run; without engine and folder."""
    return {
        "kodak": {"dataset": "kodak", "codecs": ("jpeg@10,50,90",), "tasks": (), "limit": 8},
        "video": {
            "dataset": str(store.find(VIDEO)),
            "codecs": ("h264@27,37", "ssf2020-lite@1:gop=6"),
            "tasks": (),
            "frames": (0, 24),
        },
        "mot17": {
            "dataset": "mot17",
            "codecs": ("h264@33",),
            "tasks": ("detection:model=yolov5n:size=640", "tracking"),
            "frames": (0, 8),
        },
    }


def main(out: Path) -> None:
    ray.init("local", namespace=NAMESPACE, log_to_driver=False, **local_settings(4))
    for name, asked in experiments().items():
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        start = time.monotonic()
        finish(Experiment(out=out / name / "1", device="cpu", metrics=("psnr", "ssim"), **asked))
        expected, seconds = tables_of(out / name / "1"), [time.monotonic() - start]
        scores = Results(out / name / "1").to_pandas()
        for workers in (2, 4):
            start, folder = time.monotonic(), out / name / str(workers)
            asked_of_ray = asked | {"engine": "ray", "workers": str(workers)}
            finish(Experiment(out=folder, device="cpu", metrics=("psnr", "ssim"), **asked_of_ray))
            seconds.append(time.monotonic() - start)
            check(folder, expected)
            quality = [column for column in scores if not TIMED.search(column)]
            again = Results(folder).to_pandas()
            assert again[quality].equals(scores[quality]), (quality, again, scores)
        rows = runs.open(out / name / "1").frames.num_rows
        print(f"{name}: {rows} rows, the same from 1 process, 2 and 4 workers; seconds {seconds}", flush=True)
    ray.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
