"""Code that a user names: a file or a module, and the object in it."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from ahc_stream.core.errors import InvalidValue, MissingData
from ahc_stream.core.named_code import is_in_file, is_in_module, load_code


def write(folder: Path, name: str, text: str) -> str:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return str(folder / name)


@pytest.fixture(autouse=True)
def restored_imports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in list(sys.modules):
        if name.startswith("named_"):
            monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize("text", ["a.py:Name", "/x y/b-c.py:Name.Inner", "a:b/c@1/d.py:_f"])
def test_a_file_and_a_name_are_one_form(text: str) -> None:
    assert is_in_file(text)


@pytest.mark.parametrize("text", ["jpeg", "a.py", "a.py:", "a.py:1", "a.py:Name@1", "a.pyc:Name"])
def test_what_is_no_file_with_a_name_is_another_text(text: str) -> None:
    assert not is_in_file(text)


def test_a_module_and_a_name_are_the_other_form() -> None:
    assert is_in_module("package.module:Name") and is_in_module("a:b.c")
    assert not is_in_module("mbt2018-mean:mine") and not is_in_module("module") and not is_in_module("a:1")


def test_the_object_its_name_in_tables_and_the_hash_of_its_source(tmp_path: Path) -> None:
    path = write(tmp_path, "named_one.py", "class Outer:\n    class Inner: pass\n")
    code = load_code(f"{path}:Outer.Inner")
    assert code.name == "named_one.py:Outer.Inner" and code.target.__qualname__ == "Outer.Inner"
    assert code.digest == hashlib.sha256(Path(path).read_bytes()).hexdigest() and code.file == Path(path)
    assert code.target is load_code(f"{path}:Outer.Inner").target, "a file is run once"


def test_files_beside_it_can_be_imported(tmp_path: Path) -> None:
    write(tmp_path, "named_beside.py", "VALUE = 7\n")
    path = write(tmp_path, "named_two.py", "from named_beside import VALUE\n")
    assert load_code(f"{path}:VALUE").target == 7


def test_a_file_that_has_changed_is_run_again(tmp_path: Path) -> None:
    path = write(tmp_path, "named_three.py", "VALUE = 1\n")
    before = load_code(f"{path}:VALUE")
    write(tmp_path, "named_three.py", "VALUE = 2\n")
    after = load_code(f"{path}:VALUE")
    assert (before.target, after.target) == (1, 2) and before.digest != after.digest


def test_code_of_an_installed_module_is_found_by_its_import_name() -> None:
    code = load_code("ahc_stream.core.point:OperatingPoint")
    assert code.name == "ahc_stream.core.point:OperatingPoint" and code.file.name == "point.py"


def test_a_file_without_the_name_says_which_names_it_has(tmp_path: Path) -> None:
    path = write(tmp_path, "named_four.py", "import os\nclass Mine: pass\nclass _Hidden: pass\n")
    with pytest.raises(MissingData, match=r"no such name. It has Mine\."):
        load_code(f"{path}:Elic")


@pytest.mark.parametrize("text", ["no_such_file.py:Name", "no_such_module:Name", "ahc_stream.no_such:Name"])
def test_what_is_not_there_is_said(text: str) -> None:
    with pytest.raises(MissingData, match="no such"):
        load_code(text)


@pytest.mark.parametrize("line", ["import no_such_module", "raise ModuleNotFoundError('without a name')", "1 / 0"])
def test_a_module_that_is_there_and_fails_is_not_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    write(tmp_path, "named_nine.py", f"{line}\nVALUE = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(InvalidValue, match="named_nine to be imported"):
        load_code("named_nine:VALUE")


@pytest.mark.parametrize("line", ["1 / 0", "import no_such_module", "raise SystemExit('usage')", "def"])
def test_a_file_that_fails_says_how_and_is_not_half_loaded(tmp_path: Path, line: str) -> None:
    path = write(tmp_path, "named_five.py", f"{line}\nVALUE = 1\n")
    with pytest.raises(InvalidValue, match="to be imported"):
        load_code(f"{path}:VALUE")
    assert "named_five" not in sys.modules


@pytest.mark.parametrize("name", ["json.py", "numpy.py", "my-codec.py"])
def test_a_file_called_like_another_module_is_refused(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, "VALUE = 1\n")
    with pytest.raises(InvalidValue, match=r"Rename it, for instance to my_\w+\.py"):
        load_code(f"{path}:VALUE")


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write(tmp_path / folder, "named_six.py", "VALUE = 1\n")
    load_code(f"{tmp_path}/a/named_six.py:VALUE")
    with pytest.raises(InvalidValue, match="no other module has"):
        load_code(f"{tmp_path}/b/named_six.py:VALUE")
