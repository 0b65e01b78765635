"""What is said of scores: by their own name, by what their name begins with, and by nobody."""

from __future__ import annotations

import pytest

from ahc_stream import tasks
from ahc_stream.tasks.score_entry import Score, described, share, with_choices

SCORES = (
    Score("error_", "{} error", one_per="class", higher_is_better=False),
    Score("error_rate", higher_is_better=False, headline=True),
    Score("error_per_", "error per {}", one_per="sequence"),
)


@pytest.mark.parametrize(
    ("name", "label", "one_per", "member"),
    [
        ("error_rate", "error rate", "", ""),  # its own name comes before the beginning of one
        ("error_a_b", "a_b error", "class", "a_b"),
        ("error_{}", "{} error", "class", "{}"),
        ("error_per_x", "error per x", "sequence", "x"),  # the longer beginning
        ("error_", "error ", "", ""),  # of no class
        ("precision_x", "precision x", "", ""),  # nobody's: hidden in one task, it is a score like others here
    ],
)
def test_a_score_is_described_by_its_name(name: str, label: str, one_per: str, member: str) -> None:
    score, of = described(SCORES, name)
    assert (score.name, score.label, score.one_per, of) == (name, label, one_per, member) and not score.hidden


def test_a_share_says_so_and_another_score_leaves_it_open() -> None:
    assert share("precision").is_share is True and Score("precision").is_share is None


def test_a_users_choices_win_and_an_empty_list_chooses_nothing() -> None:
    chosen = with_choices(SCORES, headline=("new", "error_rate"), lower_is_better=("new",))
    assert [score.name for score in chosen][:2] == ["new", "error_rate"] and all(s.headline for s in chosen[:2])
    assert [score.higher_is_better for score in chosen] == [False, True, True, True]
    assert with_choices(SCORES) == SCORES


@pytest.mark.parametrize("task", tasks.TASKS)
def test_every_task_has_a_headline_without_classes(task: str) -> None:
    headline = [score for score in tasks.find(task).scores if score.headline]
    assert headline and not any(score.one_per or score.hidden for score in headline)
    assert len({score.name for score in tasks.find(task).scores}) == len(tasks.find(task).scores)
