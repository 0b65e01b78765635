"""What the table says about a task: its options, what it predicts, and where its code is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from ahc_stream.core.errors import InvalidValue


@dataclass(frozen=True)
class Option:
    """One named option: one of `choices`, or a number within `bounds`, or, with neither, any text. A default may name
    other options in braces: "{model}-det"."""

    default: str
    meaning: str
    choices: tuple[str, ...] = ()
    bounds: tuple[float, float] | None = None
    whole: bool = False
    only_with: tuple[str, str] | None = None  # another option, and the value of it that gives this one a meaning

    def is_used(self, values: Mapping[str, str]) -> bool:
        """Whether the option means something beside the other options' values."""
        return self.only_with is None or values[self.only_with[0]] == self.only_with[1]

    @property
    def takes(self) -> str:
        """The accepted values in words."""
        if self.bounds:
            return f"{'a whole' if self.whole else 'a'} number {self.bounds[0]:g}..{self.bounds[1]:g}"
        return "|".join(self.choices) or "text"

    def check(self, name: str, value: str) -> str:
        """The value in its one spelling, so that equal tasks compare equal; InvalidValue outside of what it takes."""
        if self.bounds:
            number = _number(value)
            if self.bounds[0] <= number <= self.bounds[1] and not (self.whole and number != int(number)):
                return str(int(number)) if self.whole else repr(number)
        elif not self.choices or value in self.choices:
            return value
        raise InvalidValue(f"{name}={self.takes}", repr(value), f"its default is {name}={self.default}")


def _number(value: str) -> float:
    """The number, or NaN, which lies within no bounds."""
    try:
        return float(value)
    except ValueError:
        return math.nan


@dataclass(frozen=True)
class Entry:
    """One task of the table.

    maker:          "module:function", `(options, device) -> Task`; its module loads lazily. Empty for a task that is
                    worked out in the report, from the predictions of the task that it `reads`.
    scorer:         the module that scores it, with the functions of `table.Scorer`; it needs no model and no torch.
    schema:         columns of one prediction, without the keys.
    extra:          the extra of ahc-stream that installs what the task imports.
    options:        option name -> what it takes.
    weights:        the options whose value names weights, or is the path of a file of them.
    headline:       the scores that everybody quotes, in their order; a report shows them first.
    labels:         the name of the ground truth among a dataset's labels; empty: the task's own name.
    reads:          the task whose predictions are scored; empty: its own.
    score_options:  the options that the scorer's `tally` takes as keywords.
    lower_is_better: scores of which less is better, such as an error rate; of all others more is.
    labels_only:    scores that say nothing against the original's own predictions, and are left out there.
    checker:        "module:function", `(options) -> None`: what the options' own bounds cannot say is checked before a
                    run begins, without loading a model. Empty: nothing.
    """

    maker: str
    scorer: str
    description: str
    schema: pa.Schema
    extra: str
    options: Mapping[str, Option]
    weights: tuple[str, ...] = ()
    headline: tuple[str, ...] = ()
    labels: str = ""
    reads: str = ""
    score_options: tuple[str, ...] = ()
    lower_is_better: tuple[str, ...] = ()
    labels_only: tuple[str, ...] = ()
    checker: str = ""


@dataclass(frozen=True)
class TaskSpec:
    """A task with every option filled in. `str` gives the text that the manifest records and `parse` reads back."""

    name: str
    options: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return ":".join([self.name, *(f"{name}={value}" for name, value in self.options)])
