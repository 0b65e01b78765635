"""Codecs by name: those of the table, those that were added to it, any encoder of PyAV's FFmpeg, any image model of
CompressAI's, and code and programs that a user names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ahc_stream.codecs import point_weights
from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.learned import points
from ahc_stream.codecs.table import BUILT_IN, CODECS
from ahc_stream.core.errors import InvalidValue, UnknownName
from ahc_stream.core.named_code import is_in_file, is_in_module
from ahc_stream.core.plugins import NAME, plugins
from ahc_stream.core.point import OperatingPoint

if TYPE_CHECKING:
    import torch

ANY_ENCODER = "ffmpeg:"
"""Prefix of the names that the FFmpeg inside PyAV answers for: `ffmpeg:mpeg4`, `ffmpeg:libvpx-vp9` ..."""

ANY_MODEL = "compressai:"
"""Prefix of the names that CompressAI's registry of models answers for: `compressai:elic2022-official` ..."""

PROGRAMS = "exec:"
"""Prefix of two programs' names: `exec:path/vtm.toml` names a file that says how they are called, `exec:vtm` them."""

_MORE = {ANY_ENCODER: "<encoder>", ANY_MODEL: "<model>", PROGRAMS: "<file.toml>"}


def find(name: str) -> CodecEntry:
    """The entry of a codec. Raises UnknownName, with the nearest name, for one that is not there, and InvalidValue for
    one with qualities behind a colon."""
    if name.startswith(ANY_ENCODER):
        from ahc_stream.codecs.traditional.ffmpeg_entry import entry_of  # imports PyAV

        return entry_of(name.removeprefix(ANY_ENCODER))
    if name.startswith(ANY_MODEL):
        from ahc_stream.codecs.own.compressai_models import model_entry  # imports torch

        return model_entry(name.removeprefix(ANY_MODEL))
    plugin = plugins("codecs", BUILT_IN).get(name)
    if plugin is not None and name not in CODECS:
        from ahc_stream.codecs.own import code  # imports torch

        code.enter(plugin)
    codec, _, qualities = name.partition(":")
    if qualities and codec in CODECS:
        raise InvalidValue(f"qualities of {codec} behind @", repr(name), f"write {codec}@{qualities}")
    if name not in CODECS:
        raise UnknownName.among(
            "codec", name, [*CODECS, *plugins("codecs", BUILT_IN), *(prefix + rest for prefix, rest in _MORE.items())]
        )
    return CODECS[name]


def add(name: str, entry: CodecEntry) -> None:
    """Adds a codec of your own, for this process: from here on its name stands wherever a codec's may.

    Raises InvalidValue for a name that another entry has, or that the text of an operating point cannot hold.
    """
    if not NAME.fullmatch(name):
        raise InvalidValue("a codec's name of a-z, 0-9, '.', '_' and '-'", repr(name), "choose another name")
    if CODECS.get(name, entry) != entry:
        raise InvalidValue("a codec's name that is not taken", repr(name), "choose another name")
    CODECS[name] = entry


def named(text: str) -> str:
    """The name by which the table has what a user named: itself, but for code. That is run here, because somebody named
    it: `find` never does, for it is asked for names in files too. Raises what `load_code` and `entry_of` raise."""
    if text.startswith(PROGRAMS) and text not in CODECS:
        from ahc_stream.codecs.programs import entry  # imports torch

        return entry.register(text)
    if text in CODECS or not _is_code(text):
        return text
    from ahc_stream.codecs.own import code  # imports torch

    return code.register(text)


def _is_code(text: str) -> bool:
    is_mistake = text.startswith((ANY_ENCODER, ANY_MODEL)) or text.partition(":")[0] in CODECS
    return is_in_file(text) or (is_in_module(text) and not is_mistake)


def complete(point: OperatingPoint) -> OperatingPoint:
    """The point with every default filled in, and without the label of its weights, which no codec takes."""
    entry = find(point.codec)
    options, own = point_weights.split(entry, dict(point.options))
    if point.quality is None and own:
        entry = replace(entry, knob=None)
    return entry.point(point.codec, point.quality, options)


def decoding_point(point: OperatingPoint) -> OperatingPoint:
    """The point that decodes what `point` wrote, for a file may name any options: those that only an encoder of
    FFmpeg's reads are left out, so that no encoder is opened with them. The table checks the others. Raises
    UnknownName."""
    encoder_options = find(point.codec).encoder_options
    options = tuple((name, value) for name, value in point.options if name not in encoder_options)
    return replace(point, options=options)


def in_files(name: str) -> bool:
    """Whether a file may name the codec: one of a user's own code or programs would have to run them."""
    is_users = find(name).family == "own" or name.startswith(PROGRAMS)
    return name in plugins("codecs", BUILT_IN) or not is_users


def delay(point: OperatingPoint, device: torch.device) -> int:
    """The most frames that encoder and decoder together may hold before they give the first one back; 0 for stills, and
    for a learned codec that codes frame by frame."""
    return find(point.codec).frames_held(dict(complete(point).options), device)


def settled(point: OperatingPoint, weights: str | None) -> tuple[OperatingPoint, str | None]:
    """The point as its rows have it, with the name of weights that are not the published ones; and what `make` takes as
    its weights.

    weights:  of learned codecs whose points name none.
    """
    return point_weights.settled(point, weights if find(point.codec).family == "learned" else None)


def weights_needed(point: OperatingPoint) -> tuple[str, ...]:
    """Names in the table of weights that `make` would load; none for a codec without published ones.

    Raises MissingData where no weights are published for the point.
    """
    return (points.published_name(point),) if find(point.codec).family == "learned" else ()
