"""A task of your own: any object with a name, a schema and predict. This one finds corners, as trackers and SLAM do.

`predict` looks at each frame alone: how a stream is cut into clips must not show in what it says. A task that looks at
several frames has `session(stream)` instead, which begins a stream (`ahc_stream.core.protocols.TaskSession`). Its
`push(reference, decoded)` and `finish()` return the rows of the next frames that are known; `delay` is the most frames
that wait.

Its scorer is a module, or a class of this file: a report asks for the same code then, for it runs none that a folder
names. Parameters with defaults are options: `--task examples/own_task.py:Corners:most=50`.

ahc-stream run PICTURES --codec jpeg@10,90 --task examples/own_task.py:Corners --metric psnr --out OUT
ahc-stream report OUT --code examples/own_task.py:Corners

In Python: python examples/own_task.py DATASET OUT
"""

import sys
from pathlib import Path

import cv2
from rich.console import Console

import ahc_stream as ahc
from ahc_stream.report import print_report
from ahc_stream.tasks.detection import score as detection_score

SIDE = 8  # pixels of the box around a corner


class Corners:
    """J. Shi and C. Tomasi, "Good Features to Track", 1994. The score is how many corners of the original are left."""

    name = "corners"
    schema = detection_score.DETECTIONS
    scorer = detection_score  # or a module or class of yours, with the functions of ahc_stream.tasks.scoring.Scorer
    # labels = "detection"    # the dataset's, if it is to be scored against those

    def __init__(self, most: int = 100) -> None:
        self._most = most

    def predict(self, clip: ahc.Clip) -> list[list[dict]]:
        pictures = clip.frames.permute(0, 2, 3, 1).contiguous().cpu().numpy()
        return [self._rows(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)) for picture in pictures]

    def _rows(self, grey) -> list[dict]:
        points, quality = cv2.goodFeaturesToTrackWithQuality(grey, self._most, 0.02, SIDE, None)
        corner = {"class_id": 0, "class_name": "corner"}
        return [
            {"x1": x - SIDE / 2, "y1": y - SIDE / 2, "x2": x + SIDE / 2, "y2": y + SIDE / 2, "score": float(q)} | corner
            for (x, y), q in zip(points.reshape(-1, 2).tolist(), (quality / quality.max()).flat, strict=True)
        ]


if __name__ == "__main__":
    dataset, out = sys.argv[1], Path(sys.argv[2])
    for _ in ahc.run(ahc.Experiment(dataset, ("jpeg@10,90",), out, tasks=(Corners(),), metrics=("psnr",))):
        pass
    print_report(out, Console(width=140))
