"""What a report shows against the rate: one metric, or one score of a task, as its own entry describes it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ahc_stream import metrics, tasks
from ahc_stream.tallies import LABELS
from ahc_stream.tasks.score_entry import described

METRIC, RATE = "metric", "rate"
AGREEMENT = "agreement"
"""What a score is called that is against the task's own predictions on the original: no accuracy, whatever its name."""
SHARE_DECIMALS = 1
"""Of a share in hundredths, and of its changes in points."""
MOST_DECIMALS = 4
"""Of anything else; more would hide what it says."""


@dataclass(frozen=True)
class Quantity:
    """name: the column of `operating_points`. family: METRIC, RATE or the task. score: the metric, or the score as its
    scorer names it. higher_is_better: None where nobody says. is_share: see `tasks.Score`; of a metric False, since its
    differences are told in its unit. of_class: the class that it is of, if any. is_leading, infinite_if: see
    `metrics.Metric`."""

    name: str
    family: str
    score: str
    label: str
    unit: str = ""
    decimals: int = 4
    higher_is_better: bool | None = True
    headline: bool = False
    is_share: bool | None = False
    of_class: str | None = None
    is_leading: bool = False
    infinite_if: str = "identical"

    @property
    def is_metric(self) -> bool:
        return self.family == METRIC


RATES: Mapping[str, Quantity] = {
    name: Quantity(name, RATE, name, label, "bits per pixel", higher_is_better=None, headline=True)
    for name, label in (("bpp", "bpp"), ("bpp_stills", "bpp of stills"), ("bpp_video", "bpp of video"))
}
"""The rates themselves; the latter two are those of a run of both media."""


def looks_like_share(values: Iterable[float]) -> bool:
    """Whether values of which nobody says it are a share of one: none goes beyond 1, and not all are whole."""
    known = list(values)
    return all(abs(value) <= 1 for value in known) and any(value % 1 for value in known)


def shown_decimals(quantity: Quantity, is_share: bool) -> int:
    """Digits behind the point of a value and of its changes, wherever people read them; a share is in hundredths."""
    return SHARE_DECIMALS if is_share else min(quantity.decimals, MOST_DECIMALS)


def score_column(task: str, score: str, reference: str) -> str:
    """The column of `operating_points` that holds a score of a task: `detection_mAP`, and `detection_agreement_mAP`
    where its reference is the original and not the labels (`tallies.REFERENCES`)."""
    return f"{task}_{score}" if reference == LABELS else f"{task}_{AGREEMENT}_{score}"


def against(label: str, reference: str) -> str:
    """What a score is called in words: "mAP", "mAP agreement with the original"."""
    return label if reference == LABELS else f"{label} {AGREEMENT} with the original"


def of_metric(name: str) -> Quantity:
    """A metric, by the table of metrics; one that it does not hold (a run of another program) has no direction."""
    metric = metrics.known(name)
    if metric is None:
        label = name.replace("_", " ")
        return Quantity(name, METRIC, name, label, higher_is_better=None, headline=True)
    return Quantity(
        name=name,
        family=METRIC,
        score=name,
        label=metric.label,
        unit="" if metric.unit == "1" else metric.unit,
        decimals=metric.decimals,
        higher_is_better=metric.higher_is_better,
        headline=True,
        is_leading=metric.is_leading,
        infinite_if=metric.infinite_if,
    )


def of_task(task: str, names: Iterable[str], reference: str) -> Iterator[Quantity]:
    """The scores `names` of a task: its headline in its order, then the others in theirs; those that it hides are left
    out. reference: see `score_column`."""
    entry = tasks.find(task)
    known = list(dict.fromkeys(names))
    headline = [name for name in entry.headline if name in known]
    for name in dict.fromkeys([*headline, *known]):
        score, member = described(entry.scores, name)
        if not score.hidden:
            yield Quantity(
                name=score_column(task, name, reference),
                family=task,
                score=name,
                label=against(score.label, reference),
                unit=score.unit,
                decimals=score.decimals,
                higher_is_better=score.higher_is_better,
                headline=score.headline,
                is_share=score.is_share,
                of_class=member if score.one_per == "class" else None,
            )
