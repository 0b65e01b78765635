"""How the scores of files are printed: what everybody quotes, then what is of one class or sequence each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ahc_stream.cli.terminal import say

if TYPE_CHECKING:
    from ahc_stream.submissions import ScoredFiles
    from ahc_stream.tasks import Score

ONE_TABLE = ("class", "sequence")
"""What a table has a row for; pairs of classes are in the JSON alone."""


def show(result: ScoredFiles, as_json: bool) -> None:
    """Notes go to stderr. As JSON, one object: scores by their names, facts, and `notes`."""
    from ahc_stream.cli.terminal import console
    from ahc_stream.core.file_names import readable
    from ahc_stream.core.json_text import json_text
    from ahc_stream.core.text_table import print_numbers
    from ahc_stream.tasks import find

    for note in result.notes:
        say(f"note: {note}", stderr=True)
    if as_json:
        say(json_text({**result.scores, **result.facts, "notes": [readable(note) for note in result.notes]}))
        return
    entries = find(result.task).scores
    plain = [(entry.label or entry.name, _text(entry, result.scores[entry.name])) for entry in _plain(result, entries)]
    print_numbers(console(), [label for label, _ in plain], [[text for _, text in plain]], 0, result.task)
    for kind in ONE_TABLE:
        columns = [entry for entry in entries if entry.one_per == kind]
        rows = list(_rows(result, columns))
        if rows:
            headings = [kind, *(column.label.replace("{}", "").strip() for column in columns)]
            print_numbers(console(), headings, rows, 1)
    say(", ".join(f"{name}: {value}" for name, value in result.facts.items()))


def _plain(result: ScoredFiles, entries: Sequence[Score]) -> Iterator[Score]:
    """Those by themselves that the result has, the headline first."""
    alone = [entry for entry in entries if not (entry.one_per or entry.hidden) and entry.name in result.scores]
    yield from (entry for entry in alone if entry.headline)
    yield from (entry for entry in alone if not entry.headline)


def _rows(result: ScoredFiles, columns: Sequence[Score]) -> Iterator[list[str]]:
    """A row for each class or sequence that any of the columns is of."""
    members = [name.removeprefix(column.name) for column in columns for name in result.scores if column.of(name)]
    for member in dict.fromkeys(members):
        values = [(column, result.scores.get(f"{column.name}{member}", math.nan)) for column in columns]
        yield [member, *(_text(column, value) for column, value in values)]


def _text(entry: Score, value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.{entry.decimals}f}"
