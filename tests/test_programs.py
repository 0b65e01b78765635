"""Tools, benchmarks and examples take from the package what is there: no other test imports most of them."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROGRAMS = sorted(path for folder in ("tools", "benchmarks", "examples") for path in (ROOT / folder).rglob("*.py"))


def missing(source: str) -> Iterator[str]:
    """Names that a program imports from the package, or asks one of its modules for, and that are not there."""
    tree = ast.parse(source)
    modules: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ahc_stream"):
            for name in node.names:
                full_name = f"{node.module}.{name.name}"
                if not _is_there(str(node.module), name.name):
                    yield full_name
                elif full_name in sys.modules:
                    modules[name.asname or name.name] = full_name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            module = modules[node.value.id]
            if not _is_there(module, node.attr):
                yield f"{module}.{node.attr}"


def _is_there(module: str, name: str) -> bool:
    if hasattr(importlib.import_module(module), name):
        return True
    try:
        importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError:
        return False
    return True


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_program_takes_from_the_package_is_there(path: Path) -> None:
    assert list(missing(path.read_text())) == []


def test_a_name_that_is_gone_is_found() -> None:
    program = (
        "from ahc_stream.core import threads, gone\n"
        "from ahc_stream.core.threads import limit, limited\n"
        "threads.limit(3)\n"
        "threads.limited(3)\n"
    )
    limit = "ahc_stream.core.threads.limit"
    assert list(missing(program)) == ["ahc_stream.core.gone", limit, limit]
