"""What the table says about a task: its options, what it predicts, and where its code is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from ahc_stream.core.option import Option
from ahc_stream.tasks.score_entry import Score


@dataclass(frozen=True)
class TaskEntry:
    """One task of the table.

    maker:          "module:function", `(options, device) -> Task`; its module loads lazily. Empty for a task that is
                    worked out in the report, from the predictions of the task that it `reads`.
    scorer:         the module that scores it, with the functions of `scoring.Scorer`; it needs no model and no torch.
    over_time:      it says how things move from frame to frame: unrelated stills have no score of it.
    drawer:         the module that draws what it predicts and its labels, see `shapes`. Empty: nothing is drawn.
    schema:         columns of one prediction, without the keys.
    extra:          the extra of ahc-stream that installs what the task imports.
    options:        option name -> what it takes.
    weights:        the options whose value names weights, or is the path of a file of them.
    scores:         what a report must know of its scores, the headline first and in its order.
    labels:         the name of the ground truth among a dataset's labels; empty: the task's own name.
    reads:          the task whose predictions are scored; empty: its own.
    score_options:  the options that the scorer's `tally` takes as keywords.
    cpu_backend:    what `backend=auto` is on the CPU (`tasks.networks.backends`); on a GPU it is torch. Empty: the task
                    has no such option.
    checker:        "module:function", `(options) -> None`: what the options' own bounds cannot say is checked before a
                    run begins, without loading a model. Empty: nothing.
    classes:        "module:function", `(options) -> tuple of texts`: the names that its model knows, asked before a run
                    begins on labels of classes. Empty: its labels are of no classes.
    unknown_as:     as what the scorer counts labels of classes that the model does not know.
    """

    maker: str
    scorer: str
    description: str
    schema: pa.Schema
    extra: str
    options: Mapping[str, Option]
    weights: tuple[str, ...] = ()
    scores: tuple[Score, ...] = ()
    labels: str = ""
    reads: str = ""
    score_options: tuple[str, ...] = ()
    cpu_backend: str = ""
    checker: str = ""
    classes: str = ""
    drawer: str = ""
    over_time: bool = False
    unknown_as: str = "missed"

    @property
    def headline(self) -> tuple[str, ...]:
        """The scores that everybody quotes, in their order; a report shows them first."""
        return tuple(score.name for score in self.scores if score.headline)


@dataclass(frozen=True)
class TaskSpec:
    """A task with every option filled in. `str` gives the text that the manifest records and `parse` reads back."""

    name: str
    options: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return ":".join([self.name, *(f"{name}={value}" for name, value in self.options)])
