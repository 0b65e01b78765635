"""Every Python process that has this folder on PYTHONPATH loads one module with one change: MUTANT=module:number."""

from __future__ import annotations

import os
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from changes import changed, changes

MODULE, _, NUMBER = os.environ.get("MUTANT", "").partition(":")


class Mutated(MetaPathFinder, Loader):
    """Stands in front of all other finders and answers for one module."""

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name != MODULE:
            return None
        others = [finder for finder in sys.meta_path if finder is not self]
        found = next(filter(None, (finder.find_spec(name, path, target) for finder in others)))
        self.file = found.origin
        is_package = found.submodule_search_locations is not None
        return spec_from_loader(name, self, origin=found.origin, is_package=is_package)

    def exec_module(self, module: ModuleType) -> None:
        source = Path(self.file).read_text()
        module.__file__ = self.file
        code: CodeType = compile(changed(source, changes(source)[int(NUMBER)]), self.file, "exec")
        exec(code, vars(module))


if MODULE:
    assert PathFinder in sys.meta_path
    sys.meta_path.insert(0, Mutated())
