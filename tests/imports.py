"""Who imports whom, read from the code with ast."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "ahc_stream"


def _files() -> list[tuple[str, Path]]:
    """Unit and file. The kernels lie beside the package, where a link may lead to them too."""
    package = [path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] != "kernels"]
    files = [(path.relative_to(PACKAGE).parts[0].removesuffix(".py"), path) for path in package]
    return sorted([*files, *(("kernels", path) for path in (ROOT / "kernels").rglob("*.py"))])


FILES = _files()
"""Every file of the package, with the unit that it belongs to: the folder or module right under `ahc_stream`."""


def module_of(path: Path) -> str:
    """The name that a file is imported by."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    name = ".".join(parts if parts[0] == "ahc_stream" else ("ahc_stream", *parts))
    return name.removesuffix(".__init__")


MODULES = {module_of(path): path for _, path in FILES}


def unit_of(module: str) -> str | None:
    """ "ahc_stream.codecs.traditional.still" -> "codecs". None for a module of others."""
    parts = module.split(".")
    if parts[0] != "ahc_stream":
        return None
    return parts[1] if len(parts) > 1 else "__init__"


def imported_modules(path: Path) -> set[str]:
    """Absolute names of all that the file imports, lazily or for its types too; relative imports left out."""
    return {name for node in ast.walk(ast.parse(path.read_text())) for name in _absolute_names(node)}


def _absolute_names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        if node.module == "ahc_stream":
            yield from (f"ahc_stream.{alias.name}" for alias in node.names)
        else:
            yield node.module


def modules_run_by(module: str) -> set[str]:
    """Modules of the package that importing `module` imports at once: not inside functions, not for types alone."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    reached: set[str] = set()
    for node in _statements(ast.parse(MODULES[module].read_text()).body):
        if isinstance(node, ast.Import):
            reached |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*parents, *filter(None, [base])])
            submodules = {f"{base}.{alias.name}" for alias in node.names} & MODULES.keys()
            whole = len(submodules) == len(node.names)  # then nothing is taken out of the package's own `__init__`
            reached |= submodules if whole else submodules | {base}
    return reached & MODULES.keys() - {module}


def _statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """All statements that run on import, those within `if`, `try` and classes too."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from _statements(node.orelse)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for field in ("body", "orelse", "finalbody"):
                yield from _statements(getattr(node, field, []))
            for handler in getattr(node, "handlers", []):
                yield from _statements(handler.body)
