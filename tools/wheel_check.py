"""Is the package whole for a stranger? Both archives are built; the wheel is installed and used.

    python tools/wheel_check.py [--wheel FILE] [--out FOLDER] [--keep]

It is installed without extras, from wheels alone, in an empty environment, then run with an empty home and nothing but
that environment's own programs on the PATH: no compiler, no git. The size of what was installed comes last. `uv` does
the installing; everything lies under build/wheel-check, and the environment is deleted unless it is to be kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build" / "wheel-check"
USE = ROOT / "tools" / "wheel_use.py"
IN_WHEEL = (
    "ahc_stream/py.typed",
    "ahc_stream/kernels/_native",
    "ahc_stream/lite/",
    "licenses/LICENSE",
    "licenses/NOTICE",
    "licenses/THIRD_PARTY.md",
)
"""How names in the wheel begin or, below the folder of its metadata, end."""
NOT_IN_WHEEL = (".cpp", ".hpp", ".c", "conftest.py", ".toml")
IN_SDIST = (
    "LICENSE",
    "NOTICE",
    "THIRD_PARTY.md",
    "README.md",
    "pyproject.toml",
    "CMakeLists.txt",
    "kernels/module.cpp",
)
LARGEST = 12
MEGABYTE = 1 << 20


class NotWhole(Exception):
    """What is wrong with the package, in one sentence."""


def build(folder: Path) -> Path:
    """Both archives, built in isolation from the sources of git; the wheel's path."""
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run([uv(), "build", "--quiet", "--out-dir", folder, ROOT], check=True)
    check_sdist(only(folder.glob("*.tar.gz")))
    return only(folder.glob("*.whl"))


def uv() -> str:
    """The program beside this Python, or the one on the PATH."""
    beside = Path(sys.executable).parent / "uv"
    found = str(beside) if beside.exists() else shutil.which("uv")
    if found is None:
        raise NotWhole("expected the program uv; got none: pip install uv")
    return found


def only(files: Iterable[Path]) -> Path:
    found = sorted(files)
    if len(found) != 1:
        raise NotWhole(f"expected one archive; got {[file.name for file in found]}")
    return found[0]


def check_sdist(archive: Path) -> None:
    """Raises NotWhole where a source that a build needs, or a licence, is missing."""
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    missing = [name for name in IN_SDIST if name not in names]
    if missing:
        raise NotWhole(f"{archive.name} lacks {', '.join(missing)}")


def check_wheel(archive: Path) -> None:
    """Raises NotWhole where something is missing, or where there is what no user needs."""
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    missing = [wanted for wanted in IN_WHEEL if not any(holds(name, wanted) for name in names)]
    unwanted = [name for name in names if name.endswith(NOT_IN_WHEEL) or not name.startswith("ahc_stream")]
    if missing or unwanted:
        raise NotWhole(
            f"{archive.name} lacks {missing or 'nothing'} and holds {unwanted or 'nothing'} that it should not"
        )


def holds(name: str, wanted: str) -> bool:
    return name.startswith(wanted) or (".dist-info/" in name and name.endswith(wanted))


def install(wheel: Path, environment: Path) -> Path:
    """An empty environment with the wheel and what it depends on, all from wheels; its Python."""
    shutil.rmtree(environment, ignore_errors=True)
    subprocess.run([uv(), "venv", "--quiet", "--python", sys.executable, environment], check=True)
    python = environment / "bin" / "python"
    subprocess.run([uv(), "pip", "install", "--quiet", "--only-binary", ":all:", "--python", python, wheel], check=True)
    return python


def use(python: Path) -> None:
    """The commands and the library as a stranger meets them, with an empty home and no compiler."""
    folder = WORK / "use"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "home").mkdir(parents=True)
    variables = {"HOME": str(folder / "home"), "PATH": str(python.parent), "LANG": "C.UTF-8", "AHC_STREAM_OFFLINE": "1"}
    compilers = [
        name for name in ("gcc", "g++", "cc", "c++", "clang", "git") if shutil.which(name, path=variables["PATH"])
    ]
    if compilers:
        raise NotWhole(f"expected an environment without a compiler; got {', '.join(compilers)} in {python.parent}")
    run([python.parent / "ahc-stream", "--version"], folder, variables)
    run([python.parent / "ahc-stream", "doctor"], folder, variables)
    shutil.copy(ROOT / "README.md", folder)
    run([python, USE], folder, variables)


def run(words: Sequence[str | os.PathLike[str]], folder: Path, variables: dict[str, str]) -> None:
    print("$", *map(str, words), flush=True)
    subprocess.run(words, cwd=folder, env=variables, check=True)


def sizes(python: Path) -> list[tuple[str, int]]:
    """Megabytes on the disk of the whole folder of packages, then of its largest parts."""
    folder = only(python.parent.parent.glob("lib/python*/site-packages"))
    parts = [(part.name, megabytes(part)) for part in folder.iterdir() if part.is_dir()]
    largest = sorted(parts, key=lambda part: -part[1])[:LARGEST]
    return [("all of it", megabytes(folder)), *largest]


def megabytes(folder: Path) -> int:
    """Allocated blocks, as du counts them."""
    blocks = sum(file.lstat().st_blocks for file in folder.rglob("*") if not file.is_symlink())
    return round(blocks * 512 / MEGABYTE)


def check(wheel: Path, keep: bool) -> None:
    environment = WORK / "environment"
    check_wheel(wheel)
    python = install(wheel.resolve(), environment)
    use(python)
    print(f"{wheel.name}: {wheel.stat().st_size / MEGABYTE:.1f} MB; installed without extras, in MB:")
    for name, size in sizes(python):
        print(f"{size:6} {name}")
    if not keep:
        shutil.rmtree(environment)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wheel", type=Path, help="a wheel that is built already")
    parser.add_argument("--out", type=Path, default=WORK / "dist", help="where both archives are built; emptied before")
    parser.add_argument("--keep", action="store_true", help="leave the environment, about 6 GB")
    given = parser.parse_args()
    try:
        check(given.wheel or build(given.out), given.keep)
    except (NotWhole, subprocess.CalledProcessError) as error:
        print(f"wheel-check: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
