"""`choose`: from codecs and conditions to a decision."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ahc_stream import datasets, metrics, tasks
from ahc_stream.choosing.condition import Condition, condition
from ahc_stream.choosing.decision import Decision, decide
from ahc_stream.choosing.ladder import Rung, ladders
from ahc_stream.choosing.measuring import Go, Measuring, looks_of
from ahc_stream.choosing.rule import Rule, Verdict
from ahc_stream.choosing.search import Answer, Question, search
from ahc_stream.choosing.wish import CodingLimits, Keep, Wish, within
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.protocols import AnyTask
from ahc_stream.experiment import Experiment
from ahc_stream.plan import plan
from ahc_stream.report import METRIC, ReportSettings
from ahc_stream.running import Run

MOST_CONFIDENCE = 0.9999
INTERVALS = 0.95
"""The level of the intervals that are shown where nothing is to be confirmed."""


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    keep:        conditions, see `condition`; all of them are to be kept at the lowest rate.
    at:          or a rate, such as "500kbit/s" or "0.2bpp", within which the best quality is looked for.
    over:        option -> values: a codec that takes the option has a curve for each.
    encode_ms:   the most milliseconds of encoding that a frame may take, by the median; None: any.
    delay:       the most frames before the first coded one; None: any.
    confidence:  that no chosen point breaks a condition on a task; 0 judges by estimates alone.
    """

    keep: Sequence[str] = ()
    at: str | None = None
    over: Mapping[str, Sequence[str]] = field(default_factory=dict)
    encode_ms: float | None = None
    delay: int | None = None
    confidence: float = 0.95
    resamples: int = 1000
    seed: int = 0


def choose(
    experiment: Experiment,
    asked: Asked,
    go: Go = lambda run: _to_the_end(run),
    say: Callable[[str], None] = lambda text: None,
) -> Decision:
    """Searches every codec of the experiment, and measures what it needs into `experiment.out`.

    experiment:  its codecs are texts; those without qualities are searched over the whole range of their knob. Tasks
                 and metrics that a condition names are added.
    go:          runs a run to its end. say: is told what each point came to.
    Raises InvalidValue and UnknownName before any work for what cannot be searched, and what a run raises.
    """
    _introduce(experiment)
    wish, limits = _wish(asked), CodingLimits(asked.encode_ms, asked.delay)
    texts = [text for text in experiment.codecs if isinstance(text, str)]
    if experiment.out is None or len(texts) < len(experiment.codecs):
        raise InvalidValue("codecs as texts, and a folder", "a codec object, or out=None", "name them")
    curves = ladders(texts, asked.over)
    complete = _with_what_is_asked(experiment, wish)
    items = len(plan(replace(complete, codecs=("identity",), out=None)).whole.names)
    looks = looks_of(items) if wish.is_sampled else 1
    rules = [_rule(asked.confidence, len(curves), len(ladder), looks, items) for ladder in curves]
    searched = _facing(curves, wish)
    measuring = Measuring(
        experiment=complete,
        folder=experiment.out,
        ladders=searched,
        wish=wish,
        limits=limits,
        settings=ReportSettings(level=asked.confidence or INTERVALS, resamples=asked.resamples, seed=asked.seed),
        looks=looks,
        go=go,
    )

    def heard(question: Question, answer: Answer, verdict: Verdict) -> None:
        is_unsure = verdict is Verdict.FAILS and answer.gaps and all(gap.value >= 0 for gap in answer.gaps)
        say(f"{measuring.describe(question)}  {'not confirmed' if is_unsure else verdict.value}")

    searches = search(rules, measuring, heard)
    analysis = measuring.analysis
    assert analysis is not None, "a ladder has two rungs at least, so something was asked"
    unconfirmed = _why_unconfirmed(asked.confidence, rules, analysis.items) if wish.is_sampled else ""
    choices = decide(analysis, searched, searches, wish, limits)
    return Decision(
        str(wish),
        asked.confidence,
        analysis.items,
        tuple(choices),
        not wish.lowest_first,
        unconfirmed,
        analysis.failures.num_rows,
    )


def _wish(asked: Asked) -> Wish:
    if bool(asked.keep) == bool(asked.at):
        got = "both" if asked.keep else "neither"
        raise InvalidValue("conditions to keep (--keep), or a rate to stay within (--at)", got, "give one of the two")
    if asked.confidence and not 0.5 <= asked.confidence <= MOST_CONFIDENCE:
        expected = f"a confidence from 0.5 to {MOST_CONFIDENCE}, or 0 to judge by estimates"
        raise InvalidValue(expected, str(asked.confidence), "0.95 is usual")
    return within(asked.at) if asked.at else Keep(tuple(map(condition, asked.keep)))


def _introduce(experiment: Experiment) -> None:
    """Makes the user's tasks and metrics known by their names, which conditions may bear."""
    for task in experiment.tasks or ():
        brought = tasks.brought(task) if isinstance(task, str) else task
        if brought is not None:
            tasks.describe(brought)
    for metric in experiment.metrics or ():
        metrics.named(metric)


def _rule(confidence: float, curves: int, rungs: int, looks: int, items: int) -> Rule:
    """By estimates where that is asked for, and where no result of so few items could confirm anything."""
    rule = Rule(confidence, curves, rungs, looks)
    can_confirm = confidence > 0 and 2.0**-items <= rule.last_level
    return rule if can_confirm else replace(rule, looks=1, by_estimate=True)


def _why_unconfirmed(confidence: float, rules: Sequence[Rule], items: int) -> str:
    if not any(rule.by_estimate for rule in rules):
        return ""
    if not confidence:
        return "no confidence was asked for"
    needed = max(math.ceil(-math.log2(rule.last_level)) for rule in rules)
    return f"{items} images or sequences cannot confirm anything at {confidence:g}, {needed} are the least"


def _facing(curves: Sequence[tuple[Rung, ...]], wish: Wish) -> list[tuple[Rung, ...]]:
    """The ladders so that what is looked for is the first rung that passes."""
    return [ladder if wish.lowest_first else ladder[::-1] for ladder in curves]


def _with_what_is_asked(experiment: Experiment, wish: Wish) -> Experiment:
    """The experiment with the tasks and metrics that conditions name."""
    conditions: Sequence[Condition] = wish.conditions if isinstance(wish, Keep) else ()
    return replace(
        experiment, tasks=_tasks(experiment, conditions), metrics=_metrics(experiment, conditions), shard=(0, 1)
    )


def _tasks(experiment: Experiment, conditions: Sequence[Condition]) -> tuple[str | AnyTask, ...] | None:
    needed = list(dict.fromkeys(each.family for each in conditions if each.family != METRIC))
    given = experiment.tasks
    if given is None and not isinstance(experiment.dataset, str):
        given = experiment.dataset.tasks
    if given is None:
        entry = datasets.DATASETS.get(str(experiment.dataset))
        given = entry.tasks if entry else ()
    known = {_name(task) for task in given}
    read = {tasks.find(name).reads for name in known}
    return (*given, *(name for name in needed if name not in known | read)) or experiment.tasks


def _name(task: str | AnyTask) -> str:
    brought = tasks.brought(task) if isinstance(task, str) else task
    return brought.name if brought is not None else tasks.parse(str(task)).name


def _metrics(experiment: Experiment, conditions: Sequence[Condition]) -> tuple[object, ...]:
    given = experiment.metrics or metrics.PROFILES[experiment.metric_profile].metrics
    needed = dict.fromkeys(each.score for each in conditions if each.family == METRIC)
    return (*given, *(name for name in needed if name not in given))


def _to_the_end(run: Run) -> None:
    for _ in run:
        pass
