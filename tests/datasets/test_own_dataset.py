"""The recipe `docs/recipes/dataset.md`, followed from outside the package: its file and row, through a whole run."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest

from ahc_stream import datasets, runs
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import MediaError, MissingData
from ahc_stream.datasets.table import DatasetEntry
from ahc_stream.experiment import Experiment
from ahc_stream.report import operating_points
from ahc_stream.running import run
from ahc_stream.tasks.classification import score as classification_score
from tests.pictures import write_pictures

RECIPE = Path(__file__).parent.parent.parent / "docs" / "recipes" / "dataset.md"


@pytest.fixture
def birds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module and the row as the recipe prints them, in place."""
    module, row = re.findall(r"```python\n(.*?)```", RECIPE.read_text(), re.DOTALL)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "birds.py").write_text(module)
    monkeypatch.syspath_prepend(tmp_path / "code")
    monkeypatch.delitem(sys.modules, "birds", raising=False)
    import birds  # type: ignore[import-not-found]  # the file that this fixture has just written

    rows = eval(f"{{{row}}}", {"DatasetEntry": DatasetEntry, "birds": birds})
    monkeypatch.setitem(datasets.DATASETS, "birds", rows["birds"])
    yield birds
    monkeypatch.delitem(sys.modules, "birds", raising=False)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = write_pictures(tmp_path / "tree", 3)
    (root / "birds.txt").write_bytes("\ufeff000.png wren\r\n002.png crested tit\r\ngone.png kite\r\n".encode())
    return root


class Guess:
    """A task that says "wren" of every picture."""

    name, schema, scorer, labels = "guess", classification_score.CLASSIFICATIONS, classification_score, "classification"

    def predict(self, clip: Clip) -> list[list[dict]]:
        classes = "wren\ncrested tit"
        row = {"class_name": "wren", "probability": 1.0, "probabilities": [1.0, 0.0], "classes": classes}
        return [[row] for _ in clip.keys]


def test_the_dataset_of_the_recipe_runs_from_photos_to_scores(birds: ModuleType, tree: Path, tmp_path: Path) -> None:
    asked = Experiment(
        "birds", ("jpeg@50",), tmp_path / "out", tasks=(Guess(),), metrics=("psnr",), root=tree, device="cpu"
    )
    for _ in run(asked):
        pass
    opened = runs.open(tmp_path / "out")
    assert sorted(set(opened.frames["item"].to_pylist())) == ["000", "002"]
    assert opened.labels("classification")["class_name"].to_pylist() == ["wren", "crested tit"]
    points = operating_points(tmp_path / "out").to_pylist()
    assert {point["guess_accuracy"] for point in points} == {0.5}
    assert not list(run(asked)), "a second start finds everything done"


def test_it_is_listed_and_says_what_is_missing_and_what_is_odd(birds: ModuleType, tree: Path, tmp_path: Path) -> None:
    from ahc_stream.cli.listing import _datasets

    assert any(line.strip() == datasets.entry("birds").assumes for line in _datasets())
    with pytest.raises(MissingData, match=r"lacks birds\.txt\. Ask the museum"):
        datasets.load("birds", tmp_path)
    (tree / "birds.txt").write_text("000.png wren\n../../x.png kite\n")
    with pytest.raises(MediaError, match=r"birds\.txt, line 2"):
        datasets.load("birds", tree)
    (tree / "birds.txt").write_text("gone.png wren\n")
    with pytest.raises(MissingData, match="none in"):
        datasets.load("birds", tree)


def test_its_table_has_the_schema_of_its_task(birds: ModuleType, tree: Path) -> None:
    items, labels = birds.open_birds(tree, "birds")
    assert [item.names for item in items] == [("000", "002")]
    assert isinstance(labels["classification"], pa.Table) and labels["classification"].num_rows == 2
