"""Writes tests/golden/<codec>.json: what CompressAI itself writes for a small picture, or clip, with known weights.

Run it from the repository's root, `python -m tools.make_golden`, with the CompressAI release the vectors are for. The
weights (`tests.codecs.learned.exact_weights`) and pictures are made by integer arithmetic, so that only these are kept:
the strings, the digest of the coder's tables, which are the platform's floating point at work, and the pictures that
CompressAI decodes.
"""

from __future__ import annotations

import json
from importlib.metadata import version

import torch

from tests.codecs.learned.golden import (
    CODECS,
    FOLDER,
    as_text,
    decoded_by_compressai,
    tables_digest,
    written_by_compressai,
)


def main() -> None:
    torch.set_num_threads(1)
    FOLDER.mkdir(exist_ok=True)
    for codec in CODECS:
        frames = written_by_compressai(codec)
        golden = {
            "compressai": version("compressai"),
            "tables": tables_digest(codec),
            "frames": [[string.hex() for string in strings] for strings in frames],
            "pictures": as_text(decoded_by_compressai(codec, frames)),
        }
        (FOLDER / f"{codec}.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
