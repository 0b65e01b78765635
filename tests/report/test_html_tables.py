"""The tables of a notebook: those of the terminal, cell by cell, and no text of a run that is markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from ahc_stream import runs
from ahc_stream.report.html_tables import html_line, html_tables
from ahc_stream.report.point_tables import PointTable, PointTables, point_tables
from ahc_stream.report.points import point_rows
from tests.report.runs import CURVES, ORIGINAL, At, write_run


class Page(HTMLParser):
    """Rows of cells of each table, paragraphs, and every tag and attribute that a page holds."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: list[list[list[str]]] = []
        self.captions: list[str] = []
        self.lines: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self._inside: list[str] = []
        self.feed(text)
        assert self._inside == [], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self._inside.append(tag)
        if tag == "table":
            self.tables.append([])
        if tag == "tr":
            self.tables[-1].append([])
        if tag in ("td", "th"):
            self.tables[-1][-1].append("")
        if tag == "p":
            self.lines.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._inside.pop() == tag

    def handle_data(self, data: str) -> None:
        inside = self._inside[-1] if self._inside else ""
        if inside in ("td", "th"):
            self.tables[-1][-1][-1] += data
        elif inside == "p":
            self.lines[-1] += data
        elif inside == "caption":
            self.captions.append(data)


def shown(folder: Path) -> PointTables:
    run = runs.open(folder)
    return point_tables(run, *point_rows(run, "auto"))


@pytest.mark.parametrize("kind", [{}, {"labels": False}, {"task": False}, {"points": (ORIGINAL,)}, {"video": True}])
def test_a_notebook_has_every_cell_and_line_of_the_terminal(tmp_path: Path, kind: dict) -> None:
    tables = shown(write_run(tmp_path, items=4, **kind))
    page = Page(html_tables(tables))
    assert page.tables == [[list(table.headings), *map(list, table.rows)] for table in tables.tables]
    assert page.captions == [table.title for table in tables.tables if table.title]
    unscored = [f"no scores: {reason}" for reason in tables.unscored]
    assert page.lines == [*tables.notes, *unscored, *tables.gaps]


def test_nothing_in_it_runs_or_asks_for_anything(tmp_path: Path) -> None:
    text = html_tables(shown(write_run(tmp_path, (ORIGINAL, *CURVES), items=4)))
    page = Page(text)
    assert page.tags == {"div", "style", "table", "caption", "thead", "tbody", "tr", "th", "td", "p"}
    assert page.attributes <= {"class"} and not re.search(r"url\(|@import|https?:", text)


NASTY = "</td><script>alert(1)</script>&amp;\"'<img src=x onerror=alert(1)>"


def test_text_of_a_run_cannot_leave_its_cell(tmp_path: Path) -> None:
    points = (ORIGINAL, At(NASTY, 5, 0.5, 30, 0.5, f"path={NASTY}"))
    page = Page(html_tables(shown(write_run(tmp_path, points, items=3))))
    assert not page.tags & {"script", "img"} and page.tables[0][2][0] == NASTY
    assert f"{NASTY}: path={NASTY}" in page.lines
    title = Page(html_tables(PointTables((PointTable(NASTY, ("a",), ((NASTY,),)),), (NASTY,), (NASTY,), (NASTY,))))
    assert title.captions == [NASTY] and title.tables == [[["a"], [NASTY]]] and len(title.lines) == 3


def test_a_line_stands_alone() -> None:
    page = Page(html_line("a < b"))
    assert page.tables == [] and page.lines == ["a < b"]
