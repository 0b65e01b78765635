"""Who may import whom. The code is read with ast, so a lazy import inside a function counts too."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

CORE = {"core"}
MAY_IMPORT = {
    "kernels": set(),
    "core": set(),
    "lanes": set(),
    "provenance": set(),
    "store": CORE,
    "zoo": CORE,
    "lite": CORE,
    "weights": CORE | {"lite", "store", "zoo"},
    "sources": CORE | {"kernels"},
    "codecs": CORE | {"kernels", "weights", "zoo"},
    "metrics": CORE | {"kernels", "weights"},
    "tasks": CORE | {"kernels", "store", "weights"},
    "datasets": CORE | {"store"},
    "tables": CORE,
    "container": CORE,
    "transcode": CORE | {"codecs", "container", "sources"},
    "line": CORE | {"lanes", "sources", "metrics", "store", "tables"},
    "experiment": CORE,
    "plan": CORE
    | {"experiment", "lanes", "line", "sources", "codecs", "metrics", "tasks", "datasets", "tables", "weights"},
    "runs": CORE | {"provenance", "store", "tables"},
    "describe": {"metrics", "plan", "provenance", "runs", "tasks", "weights"},
    "running": CORE | {"describe", "experiment", "lanes", "line", "plan", "runs"},
    "report": CORE | {"experiment", "metrics", "runs", "store", "tables", "tasks"},
    "progress": {"running", "lanes"},
    "cli": None,  # the outermost: anything
    "__init__": None,
}
"""Unit -> the units it may import. `line` has metrics for measure, sources for open, and of lanes the `End` of a key; codecs
and tasks reach it as objects. Metrics that are networks find their weights by name, as tasks do."""


def unit_of(module: str) -> str | None:
    """ "ahc_stream.codecs.traditional.still" -> "codecs"; the kernels have their own top-level folder. None for foreign modules."""
    parts = module.split(".")
    return None if parts[0] != "ahc_stream" else parts[1] if len(parts) > 1 else "__init__"


def imports(path: Path) -> set[str]:
    """Absolute names of everything of ours that the file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            whole = node.module == "ahc_stream"
            found |= {f"ahc_stream.{alias.name}" for alias in node.names} if whole else {node.module}
    return found


def files() -> list[tuple[str, Path]]:
    ours = [(p.relative_to(ROOT / "ahc_stream"), p) for p in (ROOT / "ahc_stream").rglob("*.py")]
    return [(rel.parts[0].removesuffix(".py"), p) for rel, p in ours] + [
        ("kernels", p) for p in (ROOT / "kernels").rglob("*.py")
    ]


def test_every_unit_has_its_place_in_the_table() -> None:
    assert {unit for unit, _ in files()} <= MAY_IMPORT.keys()


@pytest.mark.parametrize(("unit", "path"), files(), ids=lambda value: value.name if isinstance(value, Path) else value)
def test_no_file_imports_outside_its_layer(unit: str, path: Path) -> None:
    allowed = MAY_IMPORT[unit]
    if allowed is None:
        return
    reached = {unit_of(module) for module in imports(path)} - {None, unit}
    assert reached <= allowed, f"{path.relative_to(ROOT)} imports {sorted(reached - allowed)}"


def test_the_reader_sees_lazy_and_whole_package_imports(tmp_path: Path) -> None:
    source = tmp_path / "sample.py"
    source.write_text(
        "from ahc_stream import codecs\ndef f():\n    import ahc_stream.tasks.detection.yolo\n    from ahc_stream.report.points import x\n"
    )
    assert {unit_of(name) for name in imports(source)} == {"codecs", "tasks", "report"}


def test_lanes_import_the_standard_library_only() -> None:
    import sys

    roots = {name.split(".")[0] for name in imports(ROOT / "ahc_stream" / "lanes.py")}
    nodes = ast.walk(ast.parse((ROOT / "ahc_stream" / "lanes.py").read_text()))
    roots |= {node.module.split(".")[0] for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    assert roots <= set(sys.stdlib_module_names)


def test_only_core_cuda_names_a_stream_or_an_event() -> None:
    for unit, path in files():
        text = path.read_text()
        if (unit, path.name) != ("core", "cuda.py"):
            for word in ("cuda.Stream", "cuda.Event", "cuda.stream(", "record_stream"):
                assert word not in text, f"{path.relative_to(ROOT)} names {word}"


def test_the_public_names_are_what_they_say_whatever_was_imported_before() -> None:
    import ahc_stream
    import ahc_stream.running

    for name in ahc_stream.__all__:
        thing = getattr(ahc_stream, name)
        assert thing.__name__ in (name, f"ahc_stream.{name}") and (callable(thing) or name == "runs")
