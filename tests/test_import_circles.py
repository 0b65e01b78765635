"""No module imports itself through others. Imports inside functions and those for types alone are no part of a circle:
neither runs while the module is imported."""

from __future__ import annotations

from tests.imports import MODULES, modules_run_by


def circle_in(imports: dict[str, set[str]]) -> list[str]:
    """The modules of a circle, in order; empty where there is none."""
    finished: set[str] = set()
    path: list[str] = []

    def search(module: str) -> list[str]:
        if module in path:
            return [*path[path.index(module) :], module]
        if module in finished:
            return []
        path.append(module)
        for target in sorted(imports[module]):
            if circle := search(target):
                return circle
        path.pop()
        finished.add(module)
        return []

    return next(filter(None, map(search, imports)), [])


def test_no_module_imports_itself_through_others():
    assert circle_in({module: modules_run_by(module) for module in MODULES}) == []


def test_a_circle_is_found():
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert circle_in({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
