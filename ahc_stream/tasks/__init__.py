"""Vision tasks: what machines see in a clip, and how well.

spec = tasks.parse("detection:model=yolov5s")        a frozen description; str(spec) reads back
task = tasks.make(spec, device)                      loads the model; one object per lane
rows = task.predict(clip)                            in the line, on the clip's device
tasks.score(spec, predictions, labels, frames)       in the report, from tables alone
"""

from ahc_stream.tasks.entry import Entry, Option, TaskSpec
from ahc_stream.tasks.own import describe, recorded, why_unscored
from ahc_stream.tasks.spec import parse
from ahc_stream.tasks.table import (
    OWN,
    TASKS,
    Scores,
    as_labels,
    find,
    frames_wanted,
    make,
    own_weights,
    schema,
    score,
    scorer,
    tally,
    weights_needed,
)

__all__ = [
    "OWN",
    "TASKS",
    "Entry",
    "Option",
    "Scores",
    "TaskSpec",
    "as_labels",
    "describe",
    "find",
    "frames_wanted",
    "make",
    "own_weights",
    "parse",
    "recorded",
    "schema",
    "score",
    "scorer",
    "tally",
    "weights_needed",
    "why_unscored",
]
