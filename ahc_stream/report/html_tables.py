"""The operating points as HTML for a notebook: tables and lines of text, without a script.

Colours are the notebook's own, light or dark: text and background are inherited, and lines are a grey that is seen on
both.
"""

from __future__ import annotations

import html
from collections.abc import Iterable

from ahc_stream.report.point_tables import KEYS, PointTable, PointTables

STYLE = """
.ahc-points { overflow-x: auto }
.ahc-points table { border-collapse: collapse; margin: 0 0 0.6em; font-variant-numeric: tabular-nums }
.ahc-points caption { caption-side: top; text-align: left; font-weight: bold; color: inherit }
.ahc-points th, .ahc-points td { padding: 0.25em 0.7em; text-align: right; white-space: nowrap }
.ahc-points tr { border-bottom: 1px solid rgb(128 128 128 / 30%) }
.ahc-points table td.key, .ahc-points table th.key { text-align: left }
.ahc-points p { margin: 0.15em 0; opacity: 0.75 }
.ahc-points p.strong { opacity: 1; padding-left: 0.6em; border-left: 3px solid #d55e00 }
"""


def html_tables(shown: PointTables) -> str:
    """One element of HTML, its text escaped."""
    parts = [
        *map(_table, shown.tables),
        *_lines(shown.notes),
        *_lines((f"no scores: {reason}" for reason in shown.unscored), "strong"),
        *_lines(shown.gaps, "strong"),
    ]
    return f'<div class="ahc-points"><style>{STYLE}</style>{"".join(parts)}</div>'


def html_line(text: str) -> str:
    """A sentence in the place of tables."""
    return html_tables(PointTables((), (text,), (), ()))


def _table(table: PointTable) -> str:
    caption = f"<caption>{html.escape(table.title)}</caption>" if table.title else ""
    body = "".join(map(_row, table.rows))
    return f"<table>{caption}<thead>{_row(table.headings, 'th')}</thead><tbody>{body}</tbody></table>"


def _row(texts: Iterable[str], kind: str = "td") -> str:
    cells = [
        f'<{kind} class="key">{text}</{kind}>' if place < len(KEYS) else f"<{kind}>{text}</{kind}>"
        for place, text in enumerate(map(html.escape, texts))
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _lines(lines: Iterable[str], css: str = "") -> list[str]:
    attribute = f' class="{css}"' if css else ""
    return [f"<p{attribute}>{html.escape(line)}</p>" for line in lines]
