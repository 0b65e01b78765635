"""What a report shows against the rate: one metric, or one score of a task, with its name, unit and direction."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ahc_stream import metrics, tasks

METRIC = "metric"
OF_CLASS = {"ap_": "AP", "recall_": "recall"}
"""Scores of one class each, by the prefix of their name. Of classification's three kinds, the one that adds up to
balanced accuracy: a class's precision and F1 depend on the other classes' errors too."""
LEFT_OUT = ("confusion_", "precision_", "f1_", "unknown_labels")
"""Scores that a table of rows holds (`operating_points`) and a curve does not."""
SHORT = {"bpp", "mse", "mae", "psnr", "ssim", "vif", "hota", "mota", "motp", "idf1", "ods", "ois", "ap", "cer", "wer"}


@dataclass(frozen=True)
class Quantity:
    """name: the column of `operating_points`. family: METRIC or the task. of_class: the class that it is of, if any.

    higher_is_better is None where nobody says.
    """

    name: str
    label: str
    unit: str
    family: str
    higher_is_better: bool | None
    headline: bool
    of_class: str | None = None


def of_metric(name: str) -> Quantity:
    """A metric, by the table of metrics; one that it does not hold (a run of another version) has no direction."""
    entry = metrics.METRICS.get(name)
    unit = entry.unit if entry and entry.unit != "1" else ""
    return Quantity(name, _label(name), unit, METRIC, entry.higher_is_better if entry else None, True)


def of_score(task: str, score: str) -> Quantity | None:
    """A score of a task; None for those that are LEFT_OUT."""
    if score.startswith(LEFT_OUT):
        return None
    entry = tasks.find(task)
    prefix = next((prefix for prefix in OF_CLASS if score.startswith(prefix)), None)
    of_class = score.removeprefix(prefix) if prefix else None
    label = f"{of_class} {OF_CLASS[prefix]}" if prefix else _label(score)
    higher = score not in entry.lower_is_better
    return Quantity(f"{task}_{score}", label, "", task, higher, score in entry.headline, of_class)


def _label(name: str) -> str:
    """ "ms_ssim" is "MS-SSIM", "mAP_small" "mAP small", "mean_class_accuracy" "mean class accuracy"."""
    if name in SHORT:
        return name.upper()
    if name == "ms_ssim":
        return "MS-SSIM"
    return re.sub("_", " ", name)
