"""The table of codecs."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.core import extras
from ahc_stream.core.errors import InvalidValue, MissingData, MissingExtra
from ahc_stream.core.extras import lacking
from ahc_stream.core.loading import load
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.sessions import AnyCodec
from tests.codecs.contract import CPU

ROOT = Path(__file__).parents[2]
TRADITIONAL = [name for name, entry in codecs.CODECS.items() if entry.family == "traditional"]
LEARNED = [name for name, entry in codecs.CODECS.items() if entry.family == "learned"]
UNPUBLISHED = {
    "bmshj2018-factorized-relu",
    "cheng2020-anchor-checkerboard",
    "elic2022-official",
    "elic2022-chandelier",
}
"""Nobody has published weights for them."""


@pytest.mark.parametrize("name", codecs.CODECS)
def test_every_entrys_own_defaults_are_values_it_takes(name):
    entry = codecs.CODECS[name]
    assert [point.quality for point in codecs.parse(name)] == list(entry.qualities())
    for key, option in entry.options.items():
        assert option.check(name, key, option.default) == option.default
        assert option.meaning and option.takes


@pytest.mark.parametrize("name", codecs.CODECS)
def test_every_maker_is_there(name):
    assert callable(load(codecs.CODECS[name].maker))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", LEARNED)
def test_every_learned_codec_says_what_files_ask_of_it(name):
    codec = codecs.make(codecs.parse(f"{name}@1")[0], CPU, "random:0")
    assert isinstance(codec, codecs.LearnedCodec) and isinstance(codec, AnyCodec)
    geometry = codec.geometry(149, 227)
    assert geometry.padding.sides[0] > 0 and min(geometry.latent) > 1
    assert codec.identity["model"] == name and codec.identity["weights"] == "random:0"
    assert "arithmetic" in codec.numerics


@pytest.mark.parametrize("name", [*TRADITIONAL, "ffmpeg:mpeg4"])
def test_every_traditional_codec_is_made_and_needs_no_weights(name):
    point = codecs.parse(name)[0]
    codec = codecs.make(point, CPU)
    assert isinstance(codec, AnyCodec) and codec.point == point
    assert codecs.weights_needed(point) == ()


@pytest.mark.parametrize("name", sorted(set(LEARNED) - UNPUBLISHED))
def test_every_learned_codec_names_the_weights_it_loads(name):
    (needed,) = codecs.weights_needed(codecs.parse(name)[0])
    assert name in needed


@pytest.mark.parametrize("name", sorted(UNPUBLISHED))
def test_a_codec_without_published_weights_says_so_and_what_to_do(name):
    with pytest.raises(MissingData, match=f"published weights for {name}.*--weights"):
        codecs.weights_needed(codecs.parse(name)[0])
    assert "no weights are published" in codecs.CODECS[name].description


def test_make_fills_in_options_that_a_point_made_by_hand_leaves_out():
    codec = codecs.make(OperatingPoint("jpeg", 50), CPU)
    assert codec.point == codecs.parse("jpeg@50")[0]


def test_make_refuses_a_point_without_a_quality_where_the_codec_has_one():
    with pytest.raises(InvalidValue, match="no quality"):
        codecs.make(OperatingPoint("jpeg"), torch.device("cpu"))


def test_every_extra_of_a_codec_is_one_that_all_brings():
    needed = {entry.extra for entry in codecs.CODECS.values()} - {""}
    assert needed == {"heic", "jpegli", "mozjpeg"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra in needed:
        assert project[extra] and extra in project["all"][0]
        assert lacking(extra) == (), f"make setup installs {extra}"


@pytest.mark.parametrize("name", ["heic", "jpegli", "mozjpeg"])
def test_a_codec_whose_package_is_missing_says_how_to_install_it(monkeypatch, name):
    monkeypatch.setattr(extras, "find_spec", lambda module: None)
    point = codecs.parse(f"{name}@50")[0]
    for attempt in (codecs.make, lambda point, device: codecs.try_out(point, device, None)):
        with pytest.raises(MissingExtra, match=rf"pip install 'ahc-stream\[{name}\]'"):
            attempt(point, CPU)
    assert isinstance(codecs.make(codecs.parse("jpeg@50")[0], CPU), AnyCodec)


def test_importing_the_table_loads_no_codec_library():
    heavy = "{'av', 'imagecodecs', 'PIL', 'compressai', 'torchvision', 'imageio_ffmpeg', 'pyvips', 'pillow_heif'}"
    code = f"import sys, ahc_stream.codecs as c; c.parse('h264@23'); sys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
