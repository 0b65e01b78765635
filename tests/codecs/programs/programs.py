"""Programs of Python's that code: their files hold what they were given, or are wrong in one way."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.own.code import NAMED

CPU = torch.device("cpu")
PYTHON = sys.executable
COPY = "import shutil, sys; shutil.copy(sys.argv[1], sys.argv[2])"
PACK = "import sys, zlib; data = open(sys.argv[1], 'rb').read(); open(sys.argv[2], 'wb').write(zlib.compress(data))"
UNPACK = PACK.replace("compress", "decompress")


def words(program: str, *arguments: str) -> str:
    """A command line that runs a program of Python's."""
    return f'{PYTHON} -c "{program}" {" ".join(arguments)}'


def write(path: Path, encoder: str = "", decoder: str = "", **more: object) -> str:
    """The file, as `--codec` names it."""
    encoder = encoder or words(PACK, "{in}", "{bitstream}")
    decoder = decoder or words(UNPACK, "{bitstream}", "{recon}")
    values = {"encoder": encoder, "decoder": decoder, **more}
    options = values.pop("options", {})
    lines = [f"{key} = {json.dumps(value)}" for key, value in values.items()]
    lines += ["[options]", *(f"{key} = {json.dumps(value)}" for key, value in options.items())]
    path.write_text("\n".join(lines))
    return f"exec:{path}"


def made(text: str):
    (point,) = codecs.parse(text)
    return codecs.make(point, CPU)


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    """Where a definition is written; nothing of another test's is known."""
    for name in [name for name in NAMED if name.startswith("exec:")]:
        del NAMED[name], codecs.CODECS[name]
    return tmp_path / "mine.toml"
