"""The cheapest coding that keeps a task: a search over operating points, measured by ordinary runs.

    experiment = Experiment("coco", codecs=("h264", "jpeg"), out=Path("runs/coco"))
    decision = choose(experiment, Asked(keep=["detection.mAP >= -0.01"]))
    decision.choices                      one for each curve: the point, its rate, what it loses

docs/choose.md has the method, its assumptions, and a simulation of what it promises. It owns no loop through frames: it
asks for points, reads rows through the report, and asks again.
"""

from ahc_stream.choosing.choose import Asked, choose
from ahc_stream.choosing.decision import Choice, Decision
from ahc_stream.choosing.quality import Quality

__all__ = ["Asked", "Choice", "Decision", "Quality", "choose"]
