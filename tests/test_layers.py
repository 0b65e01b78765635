"""Who may import whom. The code is read with ast, so a lazy import inside a function counts too."""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.imports import FILES, ROOT, imported_modules, unit_of

ANYTHING = "anything"
NOTHING = "nothing"


def table_of_the_design() -> dict[str, set[str] | None]:
    """Unit -> the units that it may import, None for any: the block under "Who may import whom" of docs/design.md."""
    section = (ROOT / "docs" / "design.md").read_text().split("## Who may import whom")[1]
    block = section.split("```")[1].removeprefix("text").strip()
    table: dict[str, set[str] | None] = {}
    for line in block.splitlines():
        unit, _, allowed = line.partition(":")
        names = {name.strip() for name in allowed.split(",")}
        table[unit.strip()] = None if names == {ANYTHING} else names - {NOTHING}
    return table


MAY_IMPORT = table_of_the_design()


def test_the_table_of_the_design_has_every_unit_and_no_other():
    assert {unit for unit, _ in FILES} == MAY_IMPORT.keys()


@pytest.mark.parametrize(("unit", "path"), FILES, ids=lambda value: value.name if isinstance(value, Path) else value)
def test_no_file_imports_outside_its_layer(unit: str, path: Path):
    allowed = MAY_IMPORT[unit]
    if allowed is None:
        return
    reached = {unit_of(module) for module in imported_modules(path)} - {None, unit}
    assert reached <= allowed, f"{path.relative_to(ROOT)} imports {sorted(reached - allowed)}"


@pytest.mark.parametrize("unit", [unit for unit, allowed in MAY_IMPORT.items() if allowed])
def test_what_a_unit_may_import_it_does_import_somewhere(unit: str):
    reached = {unit_of(module) for owner, path in FILES if owner == unit for module in imported_modules(path)}
    assert MAY_IMPORT[unit] <= reached, "take it out of the table of docs/design.md"


def test_units_import_in_one_direction():
    """The table without `anything` can be put in an order in which every unit stands behind those that it imports."""
    behind = {unit: set(allowed) for unit, allowed in MAY_IMPORT.items() if allowed is not None}
    while free := {unit for unit, allowed in behind.items() if not allowed}:
        behind = {unit: allowed - free for unit, allowed in behind.items() if unit not in free}
    assert not behind


def test_the_reader_sees_lazy_and_whole_package_imports(tmp_path: Path):
    source = tmp_path / "sample.py"
    source.write_text(
        "from ahc_stream import codecs\n"
        "def f():\n"
        "    import ahc_stream.tasks.detection.yolo\n"
        "    from ahc_stream.report.points import x\n"
    )
    assert {unit_of(name) for name in imported_modules(source)} == {"codecs", "tasks", "report"}


def test_lanes_import_the_standard_library_only():
    roots = {name.split(".")[0] for name in imported_modules(ROOT / "ahc_stream" / "lanes.py")}
    assert roots <= set(sys.stdlib_module_names)


def test_only_core_cuda_names_a_stream_or_an_event():
    for unit, path in FILES:
        text = path.read_text()
        if (unit, path.name) != ("core", "cuda.py"):
            for word in ("cuda.Stream", "cuda.Event", "cuda.stream(", "record_stream"):
                assert word not in text, f"{path.relative_to(ROOT)} names {word}"


def test_the_public_names_are_what_they_say_whatever_was_imported_before():
    import ahc_stream
    import ahc_stream.running

    for name in ahc_stream.__all__:
        value = getattr(ahc_stream, name)
        assert value.__name__ in (name, f"ahc_stream.{name}") and (callable(value) or isinstance(value, ModuleType))


def test_no_two_public_classes_have_one_name():
    homes: dict[str, list[str]] = {}
    for _, path in FILES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes.setdefault(node.name, []).append(str(path.relative_to(ROOT)))
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}
