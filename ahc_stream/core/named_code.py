"""Code that a user names: `path/to/file.py:Name`, or `package.module:Name` of what is installed.

Nothing else is run: no name that a bitstream or a manifest holds ever comes here, only what stands on a command line,
in an experiment's .toml file that somebody names there, in a program, or in an entry point of an installed package.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from dataclasses import dataclass
from functools import reduce
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from ahc_stream.core.errors import InvalidValue, MissingData

_NAME = r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*"
_IN_FILE = re.compile(rf"(?P<place>.+\.py):(?P<name>{_NAME})", re.DOTALL)
_IN_MODULE = re.compile(rf"(?P<place>{_NAME}):(?P<name>{_NAME})")


@dataclass(frozen=True, eq=False)
class NamedCode:
    """What a user named.

    name:    as tables call it: the file's name without its folder, and the object's: "elic.py:Elic".
    target:  the class, function or object.
    file:    the file of its source.
    digest:  SHA-256 of that file as it was loaded: rows depend on it.
    """

    name: str
    target: Any
    file: Path
    digest: str


_loaded: dict[Path, str] = {}
"""The files that were run here, and their digests: one that has changed is run again."""


def is_in_file(text: str) -> bool:
    """Whether `text` is `path/to/file.py:Name`."""
    return _IN_FILE.fullmatch(text) is not None


def is_in_module(text: str) -> bool:
    """Whether `text` is `package.module:Name`."""
    return _IN_MODULE.fullmatch(text) is not None


def names_code(text: str) -> bool:
    """Whether `text` is of either form."""
    return is_in_file(text) or is_in_module(text)


def load_code(text: str) -> NamedCode:
    """Runs the file, or imports the module, and finds the object in it.

    text:  of one of the two forms.
    Raises MissingData for a file, a module or a name in it that is not there, and InvalidValue for a file that fails.
    """
    parts = _IN_FILE.fullmatch(text) or _IN_MODULE.fullmatch(text)
    assert parts, "the caller asks `names_code`"
    place, name = parts["place"], parts["name"]
    module = _file(Path(place).expanduser()) if is_in_file(text) else _module(place)
    shown = Path(place).name if is_in_file(text) else place
    file = Path(str(module.__file__))
    return NamedCode(f"{shown}:{name}", _member(module, name, place), file, _loaded.get(file) or digest_of(file))


def whole(target: type) -> type | ModuleType:
    """The module of a class whose file was run here; any other class itself."""
    module = sys.modules.get(target.__module__)
    file = getattr(module, "__file__", None)
    return module if module is not None and file and Path(file) in _loaded else target


def digest_of(file: Path) -> str:
    """SHA-256 of a file of code, or of what stands in its place."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _member(module: ModuleType, name: str, place: str) -> Any:
    try:
        return reduce(getattr, name.split("."), module)
    except AttributeError as error:
        public = sorted(each for each, value in vars(module).items() if _is_own(each, value, module))
        todo = f"it has {', '.join(public)}" if public else "check the file"
        raise MissingData(f"{name} in {place}", "no such name", todo) from error


def _is_own(name: str, value: Any, module: ModuleType) -> bool:
    return not name.startswith("_") and getattr(value, "__module__", None) == module.__name__


def _module(name: str) -> ModuleType:
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        if not error.name or not f"{name}.".startswith(f"{error.name}."):
            raise _failed(name, error) from error  # the module is there, and one that it imports is not
        todo = "check the name, or name a file: path/to/file.py:Name"
        raise MissingData(f"the Python module {name}", "no such module", todo) from error
    except Exception as error:  # whatever the user's own lines raise
        raise _failed(name, error) from error
    if not getattr(module, "__file__", None):
        raise InvalidValue(f"a module {name} with a source file", "none", "name a module of Python code")
    return module


def _file(path: Path) -> ModuleType:
    """The file as a module that is called as `import` would call it, so that its classes are found again by name.

    Its folder comes last on the path of imports: files beside it can be imported, and hide nothing.
    """
    if not path.is_file():
        raise MissingData(f"a Python file {path}", "no such file", "check the path")
    path, name = path.resolve(), path.stem
    loaded = sys.modules.get(name)
    if loaded is not None and Path(str(getattr(loaded, "__file__", ""))).resolve() == path:
        return loaded if _loaded.get(path, "") in ("", digest_of(path)) else _run(name, path)
    if str(path.parent) not in sys.path:
        sys.path.append(str(path.parent))
    _check_free(name, path)
    return _run(name, path)


def _check_free(name: str, path: Path) -> None:
    """Raises InvalidValue where another module has the file's name."""
    found = importlib.util.find_spec(name) if name.isidentifier() and name not in sys.modules else None
    taken = name in sys.modules or (found is not None and Path(str(found.origin)).resolve() != path)
    if taken or not name.isidentifier():
        expected = "a file whose name is a Python name that no other module has"
        other = "my_" + re.sub(r"\W", "_", name)
        raise InvalidValue(expected, path.name, f"rename it, for instance to {other}.py")


def _run(name: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec and spec.loader, "a file that ends in .py has a loader"
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # before it runs, for dataclasses look their module up
    try:
        spec.loader.exec_module(module)
        _loaded[path] = digest_of(path)
    except (Exception, SystemExit) as error:  # whatever the user's own lines raise
        del sys.modules[name]
        raise _failed(str(path), error) from error
    return module


def _failed(place: str, error: BaseException) -> InvalidValue:
    got = f"{type(error).__name__}: {error}"
    todo = "run it with python first; what is to happen only there stands under if __name__ == '__main__'"
    return InvalidValue(f"{place} to be imported", got, todo)
