"""Code that a user names as a codec: its row in the table, and the object for a lane."""

from __future__ import annotations

import copy
import inspect
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.entry import CodecEntry, none_held, whole_stream
from ahc_stream.codecs.knob import Knob
from ahc_stream.codecs.own.building import built
from ahc_stream.codecs.own.network import NetworkCodec, is_network
from ahc_stream.codecs.table import CODECS
from ahc_stream.core.errors import InvalidValue
from ahc_stream.core.foreign_text import shown
from ahc_stream.core.named_code import NamedCode, digest_of, load_code
from ahc_stream.core.parameters import Parameters
from ahc_stream.core.plugins import Plugin
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.protocols import ClipCodec, Codec
from ahc_stream.core.sessions import AnyCodec

QUALITY, DEVICE = "quality", "device"
"""The parameters that a user's class or function gets a value for."""

HIGHEST = 1_000_000
_TODO = "see ahc_stream.core.protocols and examples/own_codec.py"

NAMED: dict[str, NamedCode] = {}
"""What stands behind the names of own codecs in this process."""


def register(text: str) -> str:
    """Loads what `text` names, and puts its row into the table. Returns the name of the row.

    Raises MissingData and InvalidValue, also where other code of this process has the name already.
    """
    code = load_code(text)
    check_name(code.name, code.file)
    CODECS[code.name] = entry_of(code)
    NAMED[code.name] = code
    return code.name


def check_name(name: str, file: Path) -> None:
    """Raises InvalidValue where another file of this process has brought a codec of that name."""
    known = NAMED.get(name)
    if known is not None and known.file != file:
        got = f"{file} beside {known.file}"
        raise InvalidValue(f"one codec {name} in a process", got, "rename one of the files")


def enter(plugin: Plugin) -> None:
    """Loads a plug-in, and puts its row into the table. Raises InvalidValue."""
    target = plugin.load()
    if not isinstance(target, CodecEntry):
        source = inspect.getsourcefile(inspect.getmodule(target) or type(target))
        file = Path(source or plugin.place)
        NAMED[plugin.name] = NamedCode(plugin.name, target, file, digest_of(file))
    CODECS[plugin.name] = target if isinstance(target, CodecEntry) else entry_of(NAMED[plugin.name])


def entry_of(code: NamedCode) -> CodecEntry:
    """The row of a user's class, function or object. Raises InvalidValue for what is none, or needs other arguments."""
    if not _looks_like_a_codec(code.target):
        expected = f"{code.name} to be a codec, a torch module with compress and decompress, or what makes one"
        raise InvalidValue(expected, shown(code.target), _TODO)
    parameters = _parameters(code)
    is_still = is_network(code.target) or getattr(code.target, "intra_only", False)
    return CodecEntry(
        maker="ahc_stream.codecs.own.code:make",
        description=f"code of {code.file.name}",
        family="own",
        medium="still" if is_still else "video",
        knob=_knob(code.name, parameters),
        options=parameters.options,
        frames_held=none_held if is_still else whole_stream,
    )


def make(point: OperatingPoint, device: torch.device, weights: str | None, coder: Coder) -> AnyCodec:
    """The codec for one lane. Raises InvalidValue, CodecError and MissingData."""
    code = NAMED[point.codec]
    made = built(lambda: _made(code, point, device), point, weights)
    return as_codec(point, made, device)


def as_codec(point: OperatingPoint, made: Any, device: torch.device) -> AnyCodec:
    """What a user's class or function made, as a codec; a model of CompressAI's kind in its adapter."""
    if is_network(made):
        return NetworkCodec(point, made, device)
    if not isinstance(made, Codec | ClipCodec):
        expected = f"{point.codec} to make a codec: point, and encode and decode, or encoder and decoder"
        raise InvalidValue(expected, f"a {type(made).__name__}", _TODO)
    return made


def _made(code: NamedCode, point: OperatingPoint, device: torch.device) -> Any:
    if not _makes(code.target):
        return copy.deepcopy(code.target)
    arguments = _parameters(code).arguments(dict(point.options), quality=_number(point.quality), device=device)
    return code.target(**arguments)


def _makes(target: Any) -> bool:
    """Whether it is a class or a function; a model can be called too, and makes nothing."""
    return callable(target) and not isinstance(target, nn.Module)


def _looks_like_a_codec(target: Any) -> bool:
    """A function may make anything; a class or an object shows it by its methods."""
    if _makes(target) and not isinstance(target, type):
        return True
    pairs = (("encode", "decode"), ("encoder", "decoder"))
    return is_network(target) or any(all(hasattr(target, name) for name in pair) for pair in pairs)


def _parameters(code: NamedCode) -> Parameters:
    return Parameters.of(code.name, code.target, (QUALITY, DEVICE)) if _makes(code.target) else Parameters({}, {}, {})


def _knob(name: str, parameters: Parameters) -> Knob | None:
    """The quality, where it takes one; its default stands for it where that is a number."""
    if QUALITY not in parameters.given:
        return None
    default = parameters.given[QUALITY]
    defaults = (float(default),) if isinstance(default, int | float) else ()
    return Knob(f"quality of {name}", 0, HIGHEST, defaults, higher_is_better=True, whole=False)


def _number(quality: float | None) -> float | int | None:
    """Whole where it is, for it may count layers."""
    return int(quality) if quality is not None and quality == int(quality) else quality
