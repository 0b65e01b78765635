"""The doctor says what works, what is not here, and what is here and broken, whatever that is."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from ahc_stream.cli import app, doctor


def fine() -> Iterator[doctor.Diagnosis]:
    yield doctor.Diagnosis("this", "ok", "as it should")
    yield doctor.Diagnosis("that", "none", "pip install 'ahc-stream[dali]'")


def broken() -> Iterator[doctor.Diagnosis]:
    yield doctor.Diagnosis("first half", "ok", "fine")
    raise ImportError("libGL.so.1: cannot open [bold]\nand more")


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", {"fine": fine, "codecs": broken})


def test_each_line_begins_with_its_state(checks: None) -> None:
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0
    assert [line.split(maxsplit=1)[0] for line in result.stdout.splitlines()] == ["ok", "none", "ok", "FAIL"]
    assert "FAIL codecs                 ImportError: libGL.so.1: cannot open [bold]\n" in result.stdout
    assert "pip install 'ahc-stream[dali]'" in result.stdout


def test_a_check_that_breaks_off_does_not_end_the_others_and_strict_says_so(checks: None) -> None:
    assert CliRunner().invoke(app, ["doctor", "--strict"]).exit_code == 2
    findings = [json.loads(line) for line in CliRunner().invoke(app, ["doctor", "--json"]).stdout.splitlines()]
    assert [finding["works"] for finding in findings] == [True, False, True, False]
    assert [finding["state"] for finding in findings] == ["ok", "none", "ok", "FAIL"]


def test_a_codec_that_cannot_be_loaded_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", {"codecs": doctor._codecs})
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    lines = CliRunner().invoke(app, ["doctor"]).stdout.splitlines()
    states = {line.split()[2]: line.split()[0] for line in lines}
    assert states["jpeg"] == "FAIL" and states["identity"] == states["h264"] == "ok"


@pytest.mark.parametrize(("version", "state"), [("2.3.1", "FAIL"), ("2.4.0", "ok"), (None, "ok")])
def test_a_package_that_is_too_old_does_not_work(
    version: str | None, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "CHECKS", {"packages": doctor._packages})
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr("ahc_stream.provenance._version", lambda name: version if "dali" in name else "99")
    findings = [json.loads(line) for line in CliRunner().invoke(app, ["doctor", "--json"]).stdout.splitlines()]
    (dali,) = (finding for finding in findings if "dali" in finding["what"])
    assert dali["state"] == state and ((">=2.4" in dali["seen"]) is (state == "FAIL"))
