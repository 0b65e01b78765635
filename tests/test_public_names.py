"""What `import ahc_stream` promises: the same names for a reader, an editor and a program."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import ahc_stream

TREE = ast.parse(Path(ahc_stream.__file__).read_text())


def names_for_type_checkers() -> set[str]:
    """Every name that the `if TYPE_CHECKING:` block imports."""
    block = next(node for node in TREE.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in imports for alias in node.names}


def test_all_is_what_there_is() -> None:
    assert set(ahc_stream.__all__) == set(ahc_stream._HOME) == names_for_type_checkers()
    assert dir(ahc_stream) == sorted([*ahc_stream.__all__, "__version__"])


def test_every_name_loads_and_is_called_what_it_says() -> None:
    for name in ahc_stream.__all__:
        value = getattr(ahc_stream, name)
        expected = f"ahc_stream.{name}" if isinstance(value, ModuleType) else name
        assert value.__name__ == expected


def test_a_star_import_gives_them_all() -> None:
    names: dict[str, object] = {}
    exec("from ahc_stream import *", names)
    assert set(ahc_stream.__all__) <= names.keys()


def test_the_version_is_that_of_the_distribution() -> None:
    assert ahc_stream.__version__.count(".") == 2


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    assert not hasattr(ahc_stream, "import_modules")


def test_importing_the_package_loads_no_library() -> None:
    heavy = "sys.modules.keys() & {'torch', 'numpy', 'pyarrow', 'av', 'compressai'}"
    program = f"import sys, ahc_stream; dir(ahc_stream); print(sorted({heavy}))"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "[]"
