"""The numbers of a report as a table for a paper."""

from __future__ import annotations

from ahc_stream.report.analysis import Analysis
from ahc_stream.report.change import is_significant
from ahc_stream.report.dot import Dot
from ahc_stream.report.quantity import Quantity
from ahc_stream.report.resample import interval

RATE_DECIMALS = 3
SHARE_DECIMALS = 1
"""Of a share in hundredths."""


def latex(analysis: Analysis) -> str:
    """A booktabs table: operating points down, bpp, metrics and headline scores across, each with its interval and a
    star where a change is significant (see `change.is_significant`). Scores that are shares are in hundredths."""
    shown = [quantity for quantity in analysis.quantities if quantity.headline]
    lines = [
        _comment(analysis),
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
    return (
        f"% {settings.level * 100:g} % bootstrap intervals over {analysis.items} items, {settings.resamples} draws, "
        f"seed {settings.seed}; *: change against the original, Holm-corrected. Needs booktabs."
    )


def _row(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"


def _heading(analysis: Analysis, quantity: Quantity) -> str:
    unit = r"\%" if analysis.is_share(quantity) else _escaped(quantity.unit)
    return _escaped(quantity.label) + (f" [{unit}]" if unit else "")


def _point(analysis: Analysis, dot: Dot, shown: list[Quantity]) -> str:
    cells = [_cell(analysis, dot, quantity) for quantity in shown]
    return _row([_escaped(dot.label), f"{dot.bpp:.{RATE_DECIMALS}f}", *cells])


def _cell(analysis: Analysis, dot: Dot, quantity: Quantity) -> str:
    estimate = dot.estimates.get(quantity.name)
    if estimate is None or estimate.value is None:
        return "--"
    if estimate.value == float("inf"):
        return r"$\infty$"
    is_share = analysis.is_share(quantity)
    scale, decimals = (100, SHARE_DECIMALS) if is_share else (1, quantity.decimals)
    value = f"{scale * estimate.value:.{decimals}f}"
    change = dot.changes.get(quantity.name)
    star = "$^*$" if change and is_significant(change, analysis.settings.level) else ""
    low, high = interval(estimate.value, estimate.replicates, analysis.settings.level)
    if low is None or high is None:
        return value + star
    return rf"{value}{star} {{\scriptsize [{scale * low:.{decimals}f}, {scale * high:.{decimals}f}]}}"


def _escaped(text: str) -> str:
    """Text that LaTeX shows as it is."""
    for special in ("&", "%", "$", "#", "_", "{", "}"):
        text = text.replace(special, "\\" + special)
    return text.replace("~", r"\textasciitilde{}").replace("^", r"\textasciicircum{}")
