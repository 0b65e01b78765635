"""The digest of what scores are computed by covers loops, the compiled library and a user's scorer."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import tasks
from ahc_stream.tasks import scoring_code


def test_loops_that_scores_are_computed_by_are_part_of_the_code() -> None:
    files = scoring_code.sources()
    assert any(file.parts[-3:] == ("tasks", "detection", "match.py") for file in files)
    names = {file.name for file in files}
    assert "box_match.py" in names and any(name.startswith("_native") for name in names)


def test_a_scorer_of_a_user_is_part_of_its_tasks_digest_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module is looked at, not its name alone; where there is no source, nothing can be compared."""
    monkeypatch.syspath_prepend(tmp_path)
    digests, edges = [], tasks.scoring_digest("edges")
    for text in ("SCORES = ()", "SCORES = () # other code", "SCORES = ()"):
        (tmp_path / "scorer_of_a_user.py").write_text(text)
        tasks.recorded("digested:scorer=scorer_of_a_user")
        digests.append(tasks.scoring_digest("digested"))
    first, other, again = digests
    assert first == again != other and tasks.scoring_digest("edges") == edges != first
    monkeypatch.setattr(scoring_code, "scorer_digest", lambda name: None)
    assert tasks.scoring_digest("digested") is None
