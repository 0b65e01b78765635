"""Checkpoint files of CompressAI's architectures: found, read without running their code, checked, built."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ahc_stream.codecs.learned.narrow import FlowWidths, scale_space_flow
from ahc_stream.codecs.learned.points import architecture_of, weight_name
from ahc_stream.core.errors import CodecError, MissingData, MissingExtra
from ahc_stream.core.point import OperatingPoint
from ahc_stream.weights import zoo

if TYPE_CHECKING:
    from compressai.models import CompressionModel

State = Mapping[str, Tensor]

SUFFIXES = (".pth.tar", ".pth", ".pt", ".safetensors")


def locate(point: OperatingPoint, weights: str | None) -> Path:
    """The file that holds the weights of a point.

    weights:  None: the zoo's checkpoint, from the roots, or a lite codec's, from the package. A folder: the file in it that is called like the zoo's file
              or by our name, with any of SUFFIXES. Any other path: that file. The name of a checkpoint of the zoo: it.
    Raises MissingData, which says what to download or where it was looked for.
    """
    from ahc_stream.weights import find

    if weights is None:
        return find(weight_name(point))
    path = Path(weights).expanduser()
    if path.is_dir():
        return _in_folder(path, weight_name(point))
    if path.is_file():
        return path
    if weights in zoo.checkpoints():
        return find(weights)
    raise MissingData(f"weights for {point}", f"no file or folder {path}", "check the path given as --weights")


def _in_folder(folder: Path, name: str) -> Path:
    stems = (zoo.file_stem(name), name) if name in zoo.checkpoints() else (name,)
    candidates = [folder / f"{stem}{suffix}" for stem in stems for suffix in SUFFIXES]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        todo = f"put {candidates[0].name} there, or {name} with one of the suffixes {', '.join(SUFFIXES)}"
        raise MissingData(f"the weights {name}", f"none in {folder}", todo)
    return found


def read(path: Path) -> tuple[State, str]:
    """The tensors of a file by name, on the CPU, and the SHA-256 of its bytes. Raises CodecError.

    A training checkpoint, which keeps them under "state_dict", and the names of older CompressAI releases and of
    DataParallel are taken too.
    """
    from compressai.zoo import load_state_dict as with_todays_names

    content = _tensors(path)
    state = content.get("state_dict", content)
    if not isinstance(state, Mapping) or not all(isinstance(value, Tensor) for value in state.values()):
        raise CodecError("a checkpoint: tensors by name", f"{path} with other things", "save model.state_dict()")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return with_todays_names(dict(state)), digest


def _tensors(path: Path) -> Mapping[str, Tensor]:
    if path.suffix == ".safetensors":
        return _safetensors(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise CodecError(
            f"a checkpoint of tensors in {path}", problem, "fetch it again, or save a state_dict"
        ) from error
    return content if isinstance(content, Mapping) else {"": content}


def _safetensors(path: Path) -> Mapping[str, Tensor]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        todo = "run: pip install safetensors"
        raise MissingExtra(f"the package safetensors, to read {path}", "no such package", todo) from error
    try:
        return load_file(path)
    except SafetensorError as error:
        raise CodecError(f"a safetensors file in {path}", str(error), "fetch it again") from error


def build(codec: str, state: State) -> CompressionModel:
    """The model with these weights; its widths are the checkpoint's.

    CDF tables in the checkpoint are used as they are. Where it has none, because `update()` was never called before it
    was saved, they are computed here: the same tables wherever the same code runs, and a header's hash of them says so.
    Raises CodecError for a checkpoint of another architecture, naming what differs.
    """
    kind = architecture(codec)
    _check_names(codec, kind, state)
    try:
        model = _of_width(kind, state)
    except RuntimeError as error:  # torch lists the tensors of other shapes, one a line
        got = "; ".join(line.strip() for line in str(error).splitlines()[1:4])
        raise CodecError(f"a checkpoint of {codec}", got, _OTHER) from error
    model.update()  # fills empty tables only
    return model


def _of_width(kind: type[CompressionModel], state: State) -> CompressionModel:
    if kind.__name__ != "ScaleSpaceFlow":
        return kind.from_state_dict(dict(state))
    model = scale_space_flow(FlowWidths.of(state))  # CompressAI's own reader knows one set of widths only
    model.load_state_dict(dict(state))
    return model


_OTHER = "this is another architecture: name the codec that it was trained for"


def architecture(codec: str) -> type[CompressionModel]:
    """CompressAI's class of that name, or of a lite codec's."""
    from compressai.zoo import image, video

    return {**image.model_architectures, **video.model_architectures}[architecture_of(codec)]


def default_widths(codec: str, quality: int) -> tuple[int, ...]:
    """The channels that CompressAI gives the architecture at a quality; none for ssf2020, which has but one width."""
    from compressai.zoo import image

    return image.cfgs.get(architecture_of(codec), {}).get(quality, ())


def _check_names(codec: str, kind: type[CompressionModel], state: State) -> None:
    narrow = (8,) * len(default_widths(codec, 1))
    wanted = {_without_generation(name) for name in kind(*narrow).state_dict()}
    found = {_without_generation(name) for name in state}
    if wanted != found:
        missing, extra = sorted(wanted - found), sorted(found - wanted)
        raise CodecError(
            f"a checkpoint of {codec}", f"{_few('without', missing)} {_few('with', extra)}".strip(), _OTHER
        )


def _without_generation(name: str) -> str:
    """Entropy bottlenecks were called differently before 1.2.7, and their loader renames them itself."""
    for old, new in (("._matrix", ".matrices."), ("._bias", ".biases."), ("._factor", ".factors.")):
        name = name.replace(old, new)
    return name


def _few(word: str, names: list[str]) -> str:
    return f"{word} {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}" if names else ""
