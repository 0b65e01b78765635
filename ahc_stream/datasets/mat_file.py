"""MATLAB's MAT-files of level 5 (`save -v6`, `-v7`), as far as ground truth has them: numbers, cells and structs.

The format is The MathWorks' "MAT-File Format", chapter 1. Every length is checked against the bytes that are there:
SciPy's reader, which knows more kinds, ends the process on some damaged files.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Value: TypeAlias = "NDArray[Any] | list[Value] | dict[str, Value]"
"""A matrix of numbers; the values of a cell array; the elements of a struct array, each a dict. Column by column."""

HEADER_BYTES = 128
MOST_BYTES = 1 << 28
"""Of a file, and of one variable, unpacked."""
DEEPEST = 16
"""Of cells and structs in one another."""

MATRIX, COMPRESSED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
"""Kinds of data elements -> NumPy's."""
CELL, STRUCT, NUMERIC = 1, 2, range(6, 16)
"""Classes of arrays."""


class Element(NamedTuple):
    """A data element: its kind and its bytes."""

    kind: int
    data: memoryview


def read_mat(path: Path) -> dict[str, Value]:
    """The variables of a file that are of a kind known here. Raises OSError, and ValueError for a damaged file."""
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"a file of more than {MOST_BYTES} bytes")
    data = path.read_bytes()
    if data.startswith(b"MATLAB 7.3"):
        raise ValueError("a MAT-file 7.3, which is HDF5: save it with -v7")
    order = {b"IM": "<", b"MI": ">"}.get(data[HEADER_BYTES - 2 : HEADER_BYTES])
    if order is None:
        raise ValueError("no MAT-file of level 5")
    variables: dict[str, Value] = {}
    for element in _elements(memoryview(data)[HEADER_BYTES:], order):
        inner = _unpacked(element, order) if element.kind == COMPRESSED else element
        if inner.kind == MATRIX:
            name, value = _matrix(inner.data, order, depth=0)
            if value is not None:
                variables[name] = value
    return variables


def _elements(data: memoryview, order: str) -> Iterator[Element]:
    """The elements that lie behind one another; the padding between them is left out."""
    while len(data):
        if len(data) < 8:
            raise ValueError("an element that is cut short")
        kind, size = struct.unpack(f"{order}II", data[:8])
        is_small = kind >> 16 != 0
        if is_small:
            kind, size = kind & 0xFFFF, kind >> 16
        start = 4 if is_small else 8
        room = 8 if is_small else len(data)
        if start + size > room:
            raise ValueError(f"an element of {size} bytes in {room - start}")
        yield Element(kind, data[start : start + size])
        stop = start + size if kind == COMPRESSED else 8 * math.ceil((start + size) / 8)
        data = data[stop:]


def _unpacked(element: Element, order: str) -> Element:
    """The one element that is packed in another."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(element.data, MOST_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise ValueError(f"a variable that is cut short, or larger than {MOST_BYTES} bytes")
    return _next(_elements(memoryview(data), order))


def _matrix(data: memoryview, order: str, depth: int) -> tuple[str, Value | None]:
    """Name and value of an array; None for one of another class."""
    if depth > DEEPEST:
        raise ValueError(f"cells and structs more than {DEEPEST} deep")
    if not len(data):
        return "", np.empty((0, 0))
    elements = _elements(data, order)
    flags, dimensions, name = _next(elements), _next(elements), _next(elements)
    array_class = _first(flags, order) & 0xFF
    sides = _numbers(dimensions, order)
    shape = [int(side) for side in sides] if sides.dtype.kind in "iu" else []
    if len(shape) < 2 or min(shape) < 0:
        raise ValueError(f"dimensions {shape}")
    return bytes(name.data).decode("latin-1"), _value(array_class, shape, elements, order, depth)


def _value(array_class: int, shape: list[int], elements: Iterator[Element], order: str, depth: int) -> Value | None:
    if array_class in NUMERIC:
        values = _numbers(_next(elements), order)
        if len(values) != math.prod(shape):
            raise ValueError(f"{len(values)} numbers for {' x '.join(map(str, shape))}")
        return values.reshape(shape, order="F")
    if array_class == CELL:
        return [_inner(elements, order, depth) for _ in range(math.prod(shape))]
    if array_class == STRUCT:
        names = _field_names(elements, order)
        return [{name: _inner(elements, order, depth) for name in names} for _ in range(math.prod(shape))]
    return None


def _inner(elements: Iterator[Element], order: str, depth: int) -> Value:
    element = _next(elements)
    value = _matrix(element.data, order, depth + 1)[1] if element.kind == MATRIX else None
    return np.empty((0, 0)) if value is None else value


def _field_names(elements: Iterator[Element], order: str) -> list[str]:
    length = _first(_next(elements), order)
    text = bytes(_next(elements).data)
    if length < 1 or not text or len(text) % length:
        raise ValueError(f"field names of {length} bytes in {len(text)}")
    names = (text[start : start + length] for start in range(0, len(text), length))
    return [name.split(b"\0")[0].decode("latin-1") for name in names]


def _first(element: Element, order: str) -> int:
    numbers = _numbers(element, order)
    if not len(numbers) or numbers.dtype.kind not in "iu":
        raise ValueError("no whole number where one is due")
    return int(numbers[0])


def _numbers(element: Element, order: str) -> NDArray[Any]:
    kind = NUMBERS.get(element.kind)
    if kind is None:
        raise ValueError(f"numbers in an element of kind {element.kind}")
    return np.frombuffer(element.data, np.dtype(order + kind))


def _next(elements: Iterator[Element]) -> Element:
    try:
        return next(elements)
    except StopIteration:
        raise ValueError("an array that is cut short") from None
