"""Entry points of installed packages: what is found without loading, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ahc_stream.core import plugins as module
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.plugins import plugins


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Writes what an installer writes: a folder on the path with a distribution's metadata."""
    monkeypatch.syspath_prepend(tmp_path)
    module._installed.cache_clear()
    yield lambda package, **names: write(tmp_path, package, names)
    module._installed.cache_clear()


def write(folder: Path, package: str, names: dict[str, str], kind: str = "codecs") -> None:
    info = folder / f"{package}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [f"{name} = {place}" for name, place in names.items()]
    (info / "entry_points.txt").write_text("\n".join([f"[ahc_stream.{kind}]", *lines, ""]))
    module._installed.cache_clear()


def test_a_package_is_named_and_its_code_is_loaded_when_asked_for(install, tmp_path: Path) -> None:
    (tmp_path / "lazy_plugin.py").write_text("VALUE = 3\n")
    install("one", lazy="lazy_plugin:VALUE")
    (plugin,) = plugins("codecs", ()).values()
    assert (plugin.name, plugin.package, plugin.place) == ("lazy", "one 1.0", "lazy_plugin:VALUE")
    assert "lazy_plugin" not in sys.modules and plugins("tasks", ()) == {}
    assert plugin.load() == 3


def test_two_of_one_name_and_one_of_a_built_in_name_are_refused(install) -> None:
    install("one", mine="a:b")
    assert plugins("codecs", ("jpeg",)).keys() == {"mine"}
    with pytest.raises(InvalidValue, match=r"mine of one 1.0 and of ahc-stream itself. .*AHC_STREAM_PLUGINS=0"):
        plugins("codecs", ("mine",))
    install("two", mine="c:d")
    with pytest.raises(InvalidValue, match=r"got mine of two 1.0 and of one 1.0"):
        plugins("codecs", ())


def test_they_can_be_switched_off(install, monkeypatch: pytest.MonkeyPatch) -> None:
    install("one", jpeg="a:b")
    monkeypatch.setenv("AHC_STREAM_PLUGINS", "0")
    assert plugins("codecs", ("jpeg",)) == {}


def test_a_name_that_no_command_line_takes_and_code_that_fails_are_told(install, tmp_path: Path) -> None:
    install("one", broken="no_such_module:x")
    with pytest.raises(InvalidValue, match=r"the plug-in broken of one 1.0 to load; got ModuleNotFoundError"):
        plugins("codecs", ())["broken"].load()
    install("two", **{"My@Codec": "a:b"})
    with pytest.raises(InvalidValue, match="a plug-in's name of"):
        plugins("codecs", ())
