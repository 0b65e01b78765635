"""Programs of `tools/` as modules: they lie in no package."""

from __future__ import annotations

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def load_tool(name: str) -> ModuleType:
    """The module of `tools/NAME.py`, run once more each time."""
    spec = spec_from_file_location(Path(name).name, TOOLS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[Path(name).name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
