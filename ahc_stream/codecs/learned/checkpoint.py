"""Checkpoint files of learned codecs: which file serves a point, and its tensors, read without running its code."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ahc_stream import weights as published
from ahc_stream.codecs.learned.points import checkpoint_name, published_name
from ahc_stream.core.errors import CodecError, MissingData
from ahc_stream.core.point import OperatingPoint
from ahc_stream.weights import zoo
from ahc_stream.weights.unpickle import UnreadableFile, read_safetensors, read_torch

State = Mapping[str, Tensor]
"""The tensors of a checkpoint by name, on the CPU."""

SUFFIXES = (".pth.tar", ".pth", ".pt", ".safetensors")


def locate(point: OperatingPoint, weights: str | None) -> Path:
    """The file that holds the weights of a point.

    weights:  None: the published checkpoint, from the package or the roots. A folder: the file in it that is called
              like the zoo's file or by our name, with any of SUFFIXES. Any other path: that file. The name of a
              checkpoint of the zoo: it.
    Raises MissingData, which says what to download or where it was looked for.
    """
    if weights is None:
        return published.find(published_name(point))
    path = Path(weights).expanduser()
    if path.is_dir():
        return _in_folder(path, checkpoint_name(point))
    if path.is_file():
        return path
    if weights in zoo.checkpoints():
        return published.find(weights)
    raise MissingData(f"weights for {point}", f"no file or folder {path}", "check the path given as --weights")


def _in_folder(folder: Path, name: str) -> Path:
    stems = (zoo.file_stem(name), name) if name in zoo.checkpoints() else (name,)
    candidates = [folder / f"{stem}{suffix}" for stem in stems for suffix in SUFFIXES]
    for path in candidates:
        if path.is_file():
            return path
    todo = f"put {candidates[0].name} there, or {name} with one of the suffixes {', '.join(SUFFIXES)}"
    raise MissingData(f"the weights {name}", f"none in {folder}", todo)


def read(path: Path) -> tuple[State, str]:
    """The tensors of a file by name, on the CPU, and the SHA-256 of its bytes. Raises CodecError.

    A training checkpoint, which keeps them under "state_dict", and the names of older CompressAI releases and of
    DataParallel are taken too.
    """
    from compressai.zoo import load_state_dict as with_todays_names

    try:
        content = read_safetensors(path)[0] if path.suffix == ".safetensors" else read_torch(path)
    except UnreadableFile as error:
        todo = "fetch it again, or save a state_dict"
        raise CodecError(f"a checkpoint of tensors in {path}", str(error), todo) from error
    state = content.get("state_dict", content) if isinstance(content, Mapping) else content
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CodecError("a checkpoint: tensors by name", f"{path} with other things", "save model.state_dict()")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    tensors: State = with_todays_names(dict(state))
    return tensors, digest
