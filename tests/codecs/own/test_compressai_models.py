"""Models of CompressAI's registry, by name and with a file of weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from ahc_stream import codecs
from ahc_stream.codecs.learned.mbt2018 import MEAN_SCALE
from ahc_stream.codecs.learned.random_weights import random_networks
from ahc_stream.core import sessions
from ahc_stream.core.errors import MissingData, UnknownName
from tests.codecs.contract import moving, payloads

CPU = torch.device("cpu")


def made(text: str):
    (asked,) = codecs.parse(text)
    point, source = codecs.settled(asked, None)
    return codecs.make(point, CPU, source)


def test_the_adapter_writes_the_bytes_and_gives_the_pictures_of_the_codec_in_the_table(tmp_path: Path) -> None:
    weights = tmp_path / "mine.pth"
    torch.save(random_networks(MEAN_SCALE, (16, 24), seed=3).state_dict(), weights)
    ours, theirs = made(f"mbt2018-mean:weights={weights}"), made(f"compressai:mbt2018-mean:weights={weights}")
    clip = moving(2, 70, 90)
    coded = sessions.encode(ours, clip)
    assert payloads(coded) == payloads(sessions.encode(theirs, clip))
    assert torch.equal(sessions.decode(ours, coded), sessions.decode(theirs, sessions.encode(theirs, clip)))


def test_a_model_that_the_table_lacks_codes(tmp_path: Path) -> None:
    codec, clip = made("compressai:bmshj2018-factorized-relu@1:weights=random:0"), moving(1, 33, 47)
    bitstream = sessions.encode(codec, clip)
    assert bitstream.header["padding"] == 16, "its own downsampling factor"
    assert sessions.decode(codec, bitstream).shape == clip.frames.shape and bitstream.payload_bits[0] > 0


@pytest.mark.parametrize("name", ["elic2023", "ssf2020", "sfu2023-pcc-rec-pointnet"])
def test_another_name_is_unknown(name: str) -> None:
    with pytest.raises(UnknownName, match="elic2022-official"):
        codecs.parse(f"compressai:{name}")


def test_it_needs_weights() -> None:
    (point,) = codecs.parse("compressai:elic2022-official@1")
    with pytest.raises(MissingData, match="published weights"):
        codecs.weights_needed(point)
