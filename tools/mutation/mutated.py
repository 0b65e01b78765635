"""An import hook: a process loads one module with one change, which MODULE:NUMBER names."""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from changes import changed, changes


class Mutated(MetaPathFinder, Loader):
    """Stands in front of all other finders and answers for one module."""

    def __init__(self, mutant: str) -> None:
        self.module, _, number = mutant.partition(":")
        self.number = int(number)

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != self.module:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        found = next(filter(None, (finder.find_spec(name, path, target) for finder in others)))
        self.file = found.origin
        is_package = found.submodule_search_locations is not None
        return spec_from_loader(name, self, origin=found.origin, is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        source = Path(self.file).read_text()
        module.__file__ = self.file
        code: CodeType = compile(changed(source, changes(source)[self.number]), self.file, "exec")
        exec(code, vars(module))


def install(mutant: str) -> None:
    """From now on this process loads that mutant. Raises RuntimeError where it has the module already."""
    finder = Mutated(mutant)
    if finder.module in sys.modules:
        raise RuntimeError(f"{finder.module} was loaded before its change")
    sys.meta_path.insert(0, finder)
