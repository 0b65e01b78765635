"""The hand-written types of the compiled module, held to the module itself."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

from ahc_stream import kernels
from ahc_stream.kernels import _native

STUB = Path(kernels.__file__).resolve().parent / "_native.pyi"
Arguments = dict[str, tuple[str, ...]]


def stubbed() -> Arguments:
    """Function or method -> its arguments, as the stub has them."""
    found: Arguments = {}
    for node in ast.parse(STUB.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = arguments(node)
        elif isinstance(node, ast.ClassDef):
            methods = (method for method in node.body if isinstance(method, ast.FunctionDef))
            found |= {f"{node.name}.{method.name}": arguments(method) for method in methods}
    return found


def compiled() -> Arguments:
    """The same, as nanobind writes a function's signature."""
    found: Arguments = {}
    for name, thing in vars(_native).items():
        if name.startswith("__"):
            continue
        if not isinstance(thing, type):
            found[name] = signature(thing)
            continue
        methods = ((method, getattr(thing, method)) for method in vars(thing))
        found |= {f"{name}.{method}": signature(bound) for method, bound in methods if is_own(method, bound)}
    return found


def is_own(method: str, bound: object) -> bool:
    return method != "__new__" and hasattr(bound, "__nb_signature__")


def signature(function: Any) -> tuple[str, ...]:
    (overload,) = function.__nb_signature__
    without_types = re.sub(r"\[[^]]*\]", "", overload[0])  # `ndarray[shape=(*)]` is no Python
    text = without_types.replace("\\", "default_")  # defaults are numbered: `threads: int = \0`
    (node,) = ast.parse(f"{text}: ...").body
    assert isinstance(node, ast.FunctionDef)
    return arguments(node)


def arguments(node: ast.FunctionDef) -> tuple[str, ...]:
    return tuple(argument.arg for argument in node.args.args) + ("=",) * len(node.args.defaults)


def test_the_stub_has_every_name_of_the_module_with_its_arguments_and_no_other():
    assert stubbed() == compiled()
