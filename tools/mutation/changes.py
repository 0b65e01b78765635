"""The small changes that a module's tests must notice: each is one node of the syntax tree, turned into its neighbour.

Left alone are annotations, docstrings, text, decorators, what only a type checker reads, and what is raised.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


@dataclass(frozen=True)
class Change:
    """One change: of the node at `path`, a sequence of (field, index in a list or None) from the module down."""

    path: tuple[tuple[str, int | None], ...]
    line: int
    what: str


def changes(source: str) -> list[Change]:
    """Every change that can be made to this source, in the order of its text."""
    tree = ast.parse(source)
    return [Change(path, node.lineno, what) for path, node in _nodes(tree, ()) if (what := _what(node))]


def changed(source: str, change: Change) -> ast.Module:
    """The syntax tree with that one change."""
    tree = ast.parse(source)
    parent: ast.AST = tree
    for field, index in change.path[:-1]:
        parent = _child(parent, field, index)
    field, index = change.path[-1]
    new = _neighbour(_child(parent, field, index))
    if index is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[index] = new
    return ast.fix_missing_locations(tree)


def _child(parent: ast.AST, field: str, index: int | None) -> ast.AST:
    value = getattr(parent, field)
    return value if index is None else value[index]


SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "bases", "type_params"}


def _nodes(parent: ast.AST, path: tuple[tuple[str, int | None], ...]) -> Iterator[tuple[tuple, ast.expr | ast.stmt]]:
    for field, value in ast.iter_fields(parent):
        if field in SKIPPED_FIELDS:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            below = (*path, (field, index))
            if isinstance(child, ast.expr | ast.stmt):
                yield below, child
            yield from _nodes(child, below)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise | ast.Import | ast.ImportFrom | ast.JoinedStr | ast.Assert):
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return True
    is_call = isinstance(node, ast.Call)
    return is_call and ast.unparse(node.func) in {"TypeVar", "NewType", "cast"}


def _what(node: ast.AST) -> str:
    """The change in words; "" where this node has none."""
    if _neighbour(node) is None:
        return ""
    new = ast.unparse(ast.fix_missing_locations(_neighbour(node)))
    return f"{ast.unparse(node)}  ->  {new}"


def _neighbour(node: ast.AST) -> ast.AST | None:
    """A copy of the node that says something else; None for a node that has no neighbour."""
    node = _copy(node)
    match node:
        case ast.Compare(ops=[op, *more]) if type(op) in SWAPS:
            node.ops = [SWAPS[type(op)](), *more]
        case ast.BinOp(op=op) if type(op) in SWAPS:
            node.op = SWAPS[type(op)]()
        case ast.BoolOp(op=op):
            node.op = SWAPS[type(op)]()
        case ast.AugAssign(op=op) if type(op) in SWAPS:
            node.op = SWAPS[type(op)]()
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            return operand
        case ast.IfExp():
            node.body, node.orelse = node.orelse, node.body
        case ast.If() | ast.While() if not isinstance(node.test, ast.Compare | ast.BoolOp | ast.UnaryOp):
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case ast.Constant(value=bool()):
            node.value = not node.value
        case ast.Constant(value=int() | float()):
            node.value += 1
        case ast.Expr(value=ast.Call()):
            return ast.Pass()
        case _:
            return None
    return node


def _copy(node: ast.AST) -> ast.AST:
    fields = dict(ast.iter_fields(node))
    return ast.copy_location(type(node)(**fields), node) if hasattr(node, "lineno") else type(node)(**fields)
