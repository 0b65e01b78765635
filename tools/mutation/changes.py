"""The small changes that a module's tests must notice: each is one node of the syntax tree, turned into its neighbour.

Left alone is what no test can or need see: annotations, docstrings, text, decorators, unions of types, what is raised,
asserts and their like (`strict=True`), the look of a `repr`, how long a thread sleeps, and how much of an odd value a
message shows.
"""

from __future__ import annotations

import ast
import builtins
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

HAS_OPPOSITE = (ast.Eq, ast.NotEq, ast.In, ast.NotIn, ast.Is, ast.IsNot)
"""Comparisons that `SWAPS` negates."""

SKIPPED_FIELDS = {"annotation", "returns", "decorator_list", "bases", "type_params"}
SKIPPED_CALLS = {"TypeVar", "NewType", "cast", "sleep"}
BUILTIN_TYPES = {name for name, value in vars(builtins).items() if isinstance(value, type)}


Path = tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Change:
    """One change: of the node at `path`, a sequence of (field, index in a list or None) from the module down.

    line, text:  where it is, counted from 1, and what stands there, without its indentation.
    what:        the change in words.
    lines:       those of the statement that holds it, of which a test that can notice the change runs at least one.
    """

    path: Path
    line: int
    text: str
    what: str
    lines: range


def changes(source: str) -> list[Change]:
    """Every change that can be made to this source, in the order of its text."""
    tree = ast.parse(source)
    texts = source.splitlines()
    found = []
    for path, node, statement in _nodes(tree, (), None):
        what = _what(node)
        if what:
            text = texts[node.lineno - 1].strip()
            found.append(Change(path, node.lineno, text, what, _lines(node, statement)))
    return found


def _lines(node: ast.expr | ast.stmt, statement: ast.stmt) -> range:
    """Those of a node and of the statement around it; of one that holds others, the lines above the first of them."""
    last = statement.end_lineno or statement.lineno
    if isinstance(statement, ast.Match):
        last = statement.lineno
    elif hasattr(statement, "body"):
        last = max(statement.lineno, statement.body[0].lineno - 1)
    if node is statement:
        return range(statement.lineno, last + 1)
    return range(min(statement.lineno, node.lineno), max(last, node.end_lineno or node.lineno) + 1)


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


def _nodes(
    parent: ast.AST, path: Path, statement: ast.stmt | None
) -> Iterator[tuple[Path, ast.expr | ast.stmt, ast.stmt]]:
    """Every expression and statement below a node, with its path and the innermost statement that holds it."""
    for field, value in ast.iter_fields(parent):
        if field in SKIPPED_FIELDS:
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_left_alone(child):
                continue
            below = (*path, (field, index))
            inner = child if isinstance(child, ast.stmt) else statement
            if isinstance(child, ast.expr | ast.stmt):
                yield below, child, inner
            yield from _nodes(child, below, inner)


def _is_left_alone(node: ast.AST) -> bool:
    match node:
        case ast.Raise() | ast.Import() | ast.ImportFrom() | ast.JoinedStr() | ast.Assert():
            return True
        case ast.If(test=ast.Name("TYPE_CHECKING")) | ast.keyword(arg="strict" | "repr" | "compare"):
            return True
        case ast.Call() | ast.Expr(value=ast.Call()):
            call = node.value if isinstance(node, ast.Expr) else node
            return _last_name(call.func) in SKIPPED_CALLS
        case ast.Subscript(slice=ast.Slice()):
            return _is_message(node.value)
        case ast.BinOp(op=ast.BitOr()):
            return _is_type(node.left) and _is_type(node.right)
    return False


def _last_name(node: ast.expr) -> str:
    """`sleep` of `time.sleep`; "" of what is no name."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def _is_message(node: ast.expr) -> bool:
    """Whether this is text put together for people: an f-string, or a `repr`."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and _last_name(node.func) == "repr")


def _is_type(node: ast.expr) -> bool:
    """Whether this looks like a type, or a union of types: CapWords, those of Python itself, and None."""
    match node:
        case ast.Constant(value=None):
            return True
        case ast.BinOp(op=ast.BitOr()):
            return _is_type(node.left) and _is_type(node.right)
    name = _last_name(node).lstrip("_")
    if name in BUILTIN_TYPES:
        return True
    return name[:1].isupper() and not name.isupper()


def _is_sequence(node: ast.expr) -> bool:
    """Whether this is written as text, bytes, a list or a tuple."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str | bytes)
    return isinstance(node, ast.JoinedStr | ast.List | ast.Tuple | ast.ListComp)


def _is_mapping(node: ast.expr) -> bool:
    """Whether this is written as a dict."""
    return isinstance(node, ast.Dict | ast.DictComp)


def _has_opposite(test: ast.expr) -> bool:
    """Whether the test has a change that negates it, which says the same as a change of its branches."""
    match test:
        case ast.Compare(ops=[op]):
            return isinstance(op, HAS_OPPOSITE)
        case ast.UnaryOp(op=ast.Not()):
            return True
    return False


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
        case ast.BinOp(op=ast.Add(), left=left, right=right) if _is_sequence(left) or _is_sequence(right):
            return left if _is_sequence(right) else right  # a difference of them is an error whatever the code does
        case ast.BinOp(op=ast.BitOr(), left=left, right=right) if _is_mapping(left) or _is_mapping(right):
            return left if _is_mapping(right) else right
        case ast.BinOp(op=ast.Mult(), left=left, right=right) if _is_sequence(left) or _is_sequence(right):
            return left if _is_sequence(left) else right
        case ast.BinOp(op=op) if type(op) in SWAPS:
            node.op = SWAPS[type(op)]()
        case ast.BoolOp(op=op):
            node.op = SWAPS[type(op)]()
        case ast.AugAssign(op=ast.Add() | ast.BitOr(), value=value) if _is_sequence(value) or _is_mapping(value):
            return ast.Pass()
        case ast.AugAssign(op=op) if type(op) in SWAPS:
            node.op = SWAPS[type(op)]()
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            return operand
        case ast.IfExp(test=test) if not _has_opposite(test):
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
