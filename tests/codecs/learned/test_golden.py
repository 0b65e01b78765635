"""Strings that CompressAI wrote, kept under tests/golden: ours reads and writes the same, and CompressAI reads ours."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch

from ahc_stream.codecs.learned.stream import strings_of
from ahc_stream.core import sessions
from tests.codecs.learned.golden import (
    CODECS,
    FOLDER,
    decoded_by_compressai,
    from_text,
    golden_frames,
    our_codec,
    tables_digest,
    written_by_compressai,
)
from tests.codecs.learned.learned import clip_of, reconstructed

IN_TEN_STEPS = ("elic2022-official", "elic2022-chandelier")
"""Each step computes in float32 from the one before, which carries a last bit on. Between an AMD and an Intel processor
with AVX-512 one symbol of one of them and one pixel of the other are different, in CompressAI's own code as in ours."""


@pytest.fixture(params=CODECS)
def golden(request):
    """A codec's name and its vectors."""
    return request.param, json.loads((FOLDER / f"{request.param}.json").read_text())


def test_ours_writes_compressais_strings_and_reads_them_to_its_pictures(golden):
    codec, vectors = golden
    assert tables_digest(codec) == vectors["tables"], "this platform computes other CDF tables than CompressAI did"
    ours, frames = our_codec(codec), golden_frames(codec)
    bitstream, reconstruction = reconstructed(ours, clip_of(frames, consecutive=True))
    strings = [[bytes.fromhex(each) for each in frame] for frame in vectors["frames"]]
    payloads = [unit.payload for unit in bitstream.units]
    assert payloads == [b"".join(frame) for frame in written_by_compressai(codec)]
    are_the_kept_ones = payloads == [b"".join(frame) for frame in strings]
    assert are_the_kept_ones or codec in IN_TEN_STEPS
    # the same stream with CompressAI's bytes in place of ours, and without our checksums
    units = [
        replace(unit, payload=b"".join(frame), parts=tuple(map(len, frame)), checksum=None)
        for unit, frame in zip(bitstream.units, strings, strict=True)
    ]
    decoded = sessions.decode(ours, replace(bitstream, units=tuple(units)))
    assert torch.equal(decoded, reconstruction) or not are_the_kept_ones
    assert torch.equal(decoded, decoded_by_compressai(codec, strings))
    # of another processor: float32 sums of the synthesis differ in their last bits, and a pixel may round the other way
    elsewhere = decoded.int() - from_text(vectors["pictures"]).int()
    assert elsewhere.abs().max() <= (4 if codec in IN_TEN_STEPS else 1)
    assert elsewhere.count_nonzero() <= 1e-3 * elsewhere.numel()


def test_compressai_reads_ours_to_our_pictures(golden):
    codec, _ = golden
    bitstream, reconstruction = reconstructed(our_codec(codec), clip_of(golden_frames(codec), True))
    strings = [strings_of(unit, len(unit.parts)) for unit in bitstream.units]
    assert torch.equal(decoded_by_compressai(codec, strings), reconstruction)


def test_the_vectors_say_something(golden):
    """More than a few bytes a string, and pictures that are not of one grey."""
    codec, vectors = golden
    assert all(len(frame[0]) > 2 * 16 for frame in vectors["frames"])
    assert reconstructed(our_codec(codec), clip_of(golden_frames(codec), True))[1].float().std() > 3
