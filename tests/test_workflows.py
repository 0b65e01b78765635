"""CI calls the Makefile and has no logic of its own: what a step runs is one `make` of targets that exist."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))


def jobs(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load(path.read_text())["jobs"].values())


def commands(job: dict[str, Any]) -> list[str]:
    """What the job's steps run, once for each row of its matrix."""
    matrix = job.get("strategy", {}).get("matrix", {})
    rows = [dict(zip(matrix, values, strict=True)) for values in itertools.product(*matrix.values())]
    lines = [step["run"] for step in job["steps"] if "run" in step]
    return [filled(line, row) for line in lines for row in rows]


def filled(line: str, row: dict[str, str]) -> str:
    return re.sub(r"\$\{\{ matrix\.(\w+) \}\}", lambda found: row[found[1]], line)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_command_is_a_make_of_targets_that_exist(path: Path):
    run = [command.split() for job in jobs(path) for command in commands(job)]

    assert run, "a workflow that runs nothing"
    assert {words[0] for words in run} == {"make"}
    assert {target for words in run for target in words[1:]} <= TARGETS


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_read_the_sources_and_no_more(path: Path):
    assert yaml.safe_load(path.read_text())["permissions"] == {"contents": "read"}


def test_variables_of_the_nightly_run_are_those_that_the_tests_read():
    (job,) = jobs(ROOT / ".github" / "workflows" / "nightly.yml")
    files = ("sources/test_fuzz.py", "container/test_crafted_ahc.py", "kernels/test_rans_fuzz.py")
    tests = [(ROOT / "tests" / name).read_text() for name in files]

    assert all(any(f'"{variable}"' in text for text in tests) for variable in job["env"])


def test_every_target_is_declared_to_be_no_file():
    phony = set(re.search(r"^\.PHONY: (.*)$", MAKEFILE, re.MULTILINE)[1].split())

    assert phony == TARGETS


@pytest.mark.parametrize("path", [form for form in FORMS if form.stem != "config"], ids=lambda path: path.stem)
def test_a_form_asks_for_something(path: Path):
    form = yaml.safe_load(path.read_text())

    assert form["name"] and form["description"]
    assert any(part.get("validations", {}).get("required") for part in form["body"])


@pytest.mark.parametrize("path", sorted(ROOT.glob("Dockerfile*")), ids=lambda path: path.name)
def test_what_an_image_copies_is_there(path: Path):
    copied = [line.split()[1:-1] for line in path.read_text().splitlines() if line.startswith("COPY ")]
    sources = [name for names in copied if not names[0].startswith("--from=") for name in names]

    assert sources
    assert [name for name in sources if not (ROOT / name).exists()] == []
