"""The numbers of a report as a table for a paper."""

from __future__ import annotations

from ahc_stream.core.file_names import readable
from ahc_stream.core.wording import counted
from ahc_stream.report.analysis import Analysis
from ahc_stream.report.change import is_significant
from ahc_stream.report.dot import Dot, rows_by_label
from ahc_stream.report.latex_text import latex_text
from ahc_stream.report.metric_mean import infinite_sentences
from ahc_stream.report.quantity import Quantity, shown_decimals
from ahc_stream.report.resample import interval

RATE_DECIMALS = 3


def latex(analysis: Analysis) -> str:
    """A booktabs table: operating points down, bpp, metrics and headline scores across, each with its interval and a
    star where a change is significant (see `change.is_significant`). Scores that are shares are in hundredths."""
    shown = [quantity for quantity in analysis.quantities if quantity.headline]
    lines = [
        _comment(analysis),
        *_left_out(analysis, shown),
        rf"\begin{{tabular}}{{l{'r' * (1 + len(shown))}}}",
        r"\toprule",
        _row(["point", "bpp", *(_heading(analysis, quantity) for quantity in shown)]),
        r"\midrule",
        *(_point(analysis, dot, shown) for dot in analysis.dots),
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(lines) + "\n"


def _comment(analysis: Analysis) -> str:
    settings = analysis.settings
    items, draws = counted(analysis.items, "item"), counted(settings.resamples, "draw")
    return (
        f"% {settings.level * 100:g} % bootstrap intervals over {items}, {draws}, seed {settings.seed}; *: change "
        "against the original, Holm-corrected. Needs booktabs."
    )


def _left_out(analysis: Analysis, shown: list[Quantity]) -> list[str]:
    """Comments on the metrics whose means leave out infinite frames."""
    rows = rows_by_label(analysis.dots)
    metrics = [quantity for quantity in shown if quantity.is_metric]
    sentences = [sentence for metric in metrics for sentence in infinite_sentences(metric, rows)]
    return [f"% {readable(sentence)}." for sentence in sentences]  # a line break would end the comment


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _heading(analysis: Analysis, quantity: Quantity) -> str:
    unit = r"\%" if analysis.is_share(quantity) else latex_text(quantity.unit)
    return latex_text(quantity.label) + (f" [{unit}]" if unit else "")


def _point(analysis: Analysis, dot: Dot, shown: list[Quantity]) -> str:
    cells = [_cell(analysis, dot, quantity) for quantity in shown]
    return _row([latex_text(dot.label), f"{dot.bpp:.{RATE_DECIMALS}f}", *cells])


def _cell(analysis: Analysis, dot: Dot, quantity: Quantity) -> str:
    estimate = dot.estimates.get(quantity.name)
    if estimate is None or estimate.value is None:
        return "--"
    if estimate.value == float("inf"):
        return r"$\infty$"
    is_share = analysis.is_share(quantity)
    scale, decimals = 100 if is_share else 1, shown_decimals(quantity, is_share)
    value = f"{scale * estimate.value:.{decimals}f}"
    change = dot.changes.get(quantity.name)
    star = "$^*$" if change and is_significant(change, analysis.settings.level) else ""
    low, high = interval(estimate.value, estimate.replicates, analysis.settings.level)
    if low is None or high is None:
        return value + star
    return rf"{value}{star} {{\scriptsize [{scale * low:.{decimals}f}, {scale * high:.{decimals}f}]}}"
