"""Vision tasks: what machines see in a clip, and how well.

spec = tasks.parse("detection:model=yolov5s")        a frozen description; str(spec) reads back
task = tasks.make(spec, device)                      loads the model; one object per lane
session = task_session.open_session(task, stream)    in the line, on the clips' device (core.task_session)
rows = session.push(reference, decoded)              of the next frames whose rows are known; then finish()
tasks.score(spec, predictions, labels, frames)       in the report, from tables alone
"""

from ahc_stream.tasks.drawing import label_drawing, prediction_drawing, why_undrawn
from ahc_stream.tasks.entry import TaskEntry, TaskSpec
from ahc_stream.tasks.named import brought
from ahc_stream.tasks.score_entry import Score
from ahc_stream.tasks.scoring import Scores, as_labels, of_draws, score, scorer, tally
from ahc_stream.tasks.scoring_code import scoring_digest
from ahc_stream.tasks.spec import parse
from ahc_stream.tasks.table import (
    TASKS,
    USER_TASKS,
    check,
    classes,
    find,
    make,
    schema,
    settled,
    user_weight_files,
    weights_needed,
)
from ahc_stream.tasks.user_code import code_digests, scorer_digest
from ahc_stream.tasks.user_tasks import describe, recorded, why_unscored

__all__ = [
    "TASKS",
    "USER_TASKS",
    "Score",
    "Scores",
    "TaskEntry",
    "TaskSpec",
    "as_labels",
    "brought",
    "check",
    "classes",
    "code_digests",
    "describe",
    "find",
    "label_drawing",
    "make",
    "of_draws",
    "parse",
    "prediction_drawing",
    "recorded",
    "schema",
    "score",
    "scorer",
    "scorer_digest",
    "scoring_digest",
    "settled",
    "tally",
    "user_weight_files",
    "weights_needed",
    "why_undrawn",
    "why_unscored",
]
