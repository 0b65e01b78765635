"""MAT-files of level 5: read as SciPy reads them, and refused where they are damaged."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from ahc_stream.datasets.mat_file import read_mat

HEADER = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"


def element(kind: int, data: bytes) -> bytes:
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)


def matrix(array_class: int, shape: tuple[int, ...], *rest: bytes, name: bytes = b"x") -> bytes:
    dimensions = struct.pack(f"<{len(shape)}i", *shape)
    parts = (element(6, struct.pack("<II", array_class, 0)), element(5, dimensions), element(1, name), *rest)
    return element(14, b"".join(parts))


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("kind", ["u1", "i2", "u2", "i4", "f4", "f8", "i8", "?"])
def test_numbers_are_what_scipy_wrote(tmp_path: Path, kind: str, packed: bool) -> None:
    values = (np.arange(12).reshape(3, 4) % 5).astype(kind)
    scipy.io.savemat(tmp_path / "a.mat", {"x": values, "few": values[:1, :2]}, do_compression=packed)
    variables = read_mat(tmp_path / "a.mat")
    assert np.array_equal(variables["x"], values) and np.array_equal(variables["few"], values[:1, :2])


def test_cells_and_structs_hold_one_another(tmp_path: Path) -> None:
    cells = np.empty((1, 2), object)
    cells[0, 0], cells[0, 1] = {"Map": np.eye(3), "Count": 7}, {"Map": np.ones((2, 2)), "Count": 8}
    scipy.io.savemat(tmp_path / "a.mat", {"truth": cells, "text": "left out", "none": np.empty((0, 5))})
    variables = read_mat(tmp_path / "a.mat")
    (first,), (second,) = variables["truth"]
    assert np.array_equal(first["Map"], np.eye(3)) and second["Count"] == 8
    assert "text" not in variables and variables["none"].shape == (0, 5)


def test_the_other_order_of_bytes_is_read(tmp_path: Path) -> None:
    header = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack(">H", 0x0100) + b"MI"
    words = (14, 64, 6, 8, 9, 0, 5, 8, 1, 1)
    tail = struct.pack(">II8sII", 1, 1, b"x", 2, 1) + b"\7".ljust(8, b"\0")
    (tmp_path / "a.mat").write_bytes(header + struct.pack(f">{len(words)}I", *words) + tail)
    assert read_mat(tmp_path / "a.mat")["x"].tolist() == [[7]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no MAT-file"),
        (b"MATLAB 7.3 MAT-file".ljust(200), "HDF5"),
        (HEADER + b"\1\2\3", "cut short"),
        (HEADER + struct.pack("<II", 14, 1 << 31), "element of"),
        (HEADER + matrix(9, (1, 1)), "cut short"),
        (HEADER + matrix(9, (10**9, 10**9), element(2, b"\1")), "1 numbers for 1000000000 x 1000000000"),
        (HEADER + matrix(9, (-1, 1), element(2, b"\1")), "dimensions"),
        (HEADER + matrix(9, (1,), element(2, b"\1")), "dimensions"),
        (HEADER + matrix(1, (10**9, 10**9)), "cut short"),
        (HEADER + matrix(2, (10**9, 1), element(5, struct.pack("<i", 4)), element(1, b"")), "field names"),
        (HEADER + matrix(2, (1, 1), element(5, struct.pack("<i", 0)), element(1, b"abcd")), "field names"),
        (HEADER + matrix(9, (1, 1), element(16, b"a")), "numbers in an element of kind 16"),
        (HEADER + element(15, b"not packed"), "header"),
        (HEADER + element(15, zlib.compress(matrix(9, (1, 1)))[:-6]), "cut short"),
    ],
)
def test_damage_is_refused_without_taking_the_room_it_claims(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "a.mat").write_bytes(content)
    with pytest.raises(ValueError, match=says):
        read_mat(tmp_path / "a.mat")


def test_cells_without_end_are_refused(tmp_path: Path) -> None:
    nested = b""
    for _ in range(40):
        nested = matrix(1, (1, 1), nested)
    (tmp_path / "a.mat").write_bytes(HEADER + nested)
    with pytest.raises(ValueError, match="deep"):
        read_mat(tmp_path / "a.mat")


def test_a_small_file_of_a_large_variable_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ahc_stream.datasets.mat_file.MOST_BYTES", 1 << 16)
    (tmp_path / "a.mat").write_bytes(HEADER + element(15, zlib.compress(bytes(1 << 20))))
    with pytest.raises(ValueError, match="larger than 65536"):
        read_mat(tmp_path / "a.mat")
