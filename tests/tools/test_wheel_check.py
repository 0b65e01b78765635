"""A wheel that lacks something, or holds too much, is found out before it is installed."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.tools.loading import load_tool

wheel_check = load_tool("wheel_check")
INFO = "ahc_stream-0.1.0.dist-info"
WHOLE = (
    "ahc_stream/py.typed",
    "ahc_stream/kernels/_native.cpython-311-x86_64-linux-gnu.so",
    "ahc_stream/lite/ssf2020-lite-1-mse.safetensors",
    f"{INFO}/METADATA",
    f"{INFO}/licenses/LICENSE",
    f"{INFO}/licenses/NOTICE",
    f"{INFO}/licenses/THIRD_PARTY.md",
)


def wheel(folder: Path, names: tuple[str, ...]) -> Path:
    path = folder / "ahc_stream-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as opened:
        for name in names:
            opened.writestr(name, "")
    return path


def test_a_wheel_with_all_of_it_is_whole(tmp_path: Path):
    wheel_check.check_wheel(wheel(tmp_path, WHOLE))


@pytest.mark.parametrize("lost", [name for name in WHOLE if not name.endswith("METADATA")])
def test_a_wheel_without_one_of_its_parts_is_not(tmp_path: Path, lost: str):
    with pytest.raises(wheel_check.NotWhole, match="lacks"):
        wheel_check.check_wheel(wheel(tmp_path, tuple(name for name in WHOLE if name != lost)))


@pytest.mark.parametrize("unwanted", ["tests/test_x.py", "ahc_stream/kernels/rans.cpp", "ahc_stream/kernels/rans.hpp"])
def test_a_wheel_with_what_no_user_needs_is_not(tmp_path: Path, unwanted: str):
    with pytest.raises(wheel_check.NotWhole, match=unwanted):
        wheel_check.check_wheel(wheel(tmp_path, (*WHOLE, unwanted)))


def test_an_sdist_without_its_licence_is_not_whole(tmp_path: Path):
    path = tmp_path / "ahc_stream-0.1.0.tar.gz"
    with tarfile.open(path, "w:gz") as opened:
        for name in set(wheel_check.IN_SDIST) - {"LICENSE"}:
            opened.addfile(tarfile.TarInfo(f"ahc_stream-0.1.0/{name}"))

    with pytest.raises(wheel_check.NotWhole, match="LICENSE"):
        wheel_check.check_sdist(path)


def test_two_wheels_are_one_too_many(tmp_path: Path):
    with pytest.raises(wheel_check.NotWhole, match="expected one archive"):
        wheel_check.only([tmp_path / "a.whl", tmp_path / "b.whl"])


def test_sizes_begin_with_the_whole_and_go_on_with_the_largest(tmp_path: Path):
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name, kibibytes in (("small", 1024), ("large", 3072)):
        (packages / name).mkdir(parents=True)
        (packages / name / "data").write_bytes(b"x" * kibibytes * 1024)

    sizes = wheel_check.sizes(tmp_path / "bin" / "python")

    assert [name for name, _ in sizes] == ["all of it", "large", "small"]
    assert sizes[0][1] == pytest.approx(4, abs=1)
