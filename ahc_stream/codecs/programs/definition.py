"""The .toml file that says how an encoder and a decoder are called.

    encoder = "x264 --input-res {width}x{height} --fps {fps} --qp {qp} --preset {preset} -o {bitstream} {in}"
    decoder = "ffmpeg -i {bitstream} -pix_fmt yuv420p {recon}"
    pixel_format = "yuv420p"        yuv420p: one raw file of 8 bits, 4:2:0, for a stream; png: a file for each frame
    suffix = ".264"                 of {bitstream}, for programs that look at it
    timeout = 600                   seconds that one run of a program may take
    qualities = [22, 27, 32, 37]    where none stand behind the @
    [options]
    preset = "medium"               a placeholder of one's own: exec:NAME.toml@22:preset=slow

Placeholders: {bitstream} the coded file, {in} and {out} what the program reads and writes, {recon} the decoded file,
{width} and {height} in pixels, {fps}, {frames} their number, {qp} what stands behind the @.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ahc_stream.codecs.programs.command import Command
from ahc_stream.core.errors import InvalidValue, MissingData

FILES = ("in", "out", "bitstream", "recon")
PLACEHOLDERS = (*FILES, "width", "height", "fps", "frames", "qp")
RAW, PNG = "yuv420p", "png"
TIMEOUT = 600.0
_KEYS = ("encoder", "decoder", "pixel_format", "suffix", "timeout", "qualities", "options")
_OPTION = re.compile(r"[a-z][a-z0-9_-]*")
STREAM_OPTIONS = ("matrix", "range", "segment")
"""Options that every codec of raw frames has, by these names."""


@dataclass(frozen=True)
class Definition:
    """What a file says; see above."""

    encoder: Command
    decoder: Command
    pixel_format: str
    suffix: str
    timeout: float
    qualities: tuple[float, ...]
    options: Mapping[str, str]

    @property
    def takes_quality(self) -> bool:
        """Whether the encoder asks for {qp}."""
        return "qp" in self.encoder.placeholders

    @classmethod
    def read(cls, path: Path) -> Self:
        """Raises MissingData for a file or a program that is not there, and InvalidValue for what it should not say."""
        try:
            values = tomllib.loads(path.read_text())
        except FileNotFoundError as error:
            raise MissingData(f"a definition of a codec at {path}", "no such file", "check the path") from error
        except (OSError, ValueError) as error:  # tomllib's and UTF-8's errors are ValueErrors
            raise InvalidValue(f"a .toml file at {path}", str(error), "correct it") from error
        try:
            return cls._of(values)
        except InvalidValue as error:
            raise InvalidValue(f"{error.expected} in {path}", error.got, error.todo) from error

    @classmethod
    def _of(cls, values: Mapping[str, Any]) -> Self:
        unknown = sorted(set(values) - set(_KEYS))
        if unknown:
            raise InvalidValue(f"the keys {', '.join(_KEYS)}", unknown[0], "take it out, or correct its name")
        options = _options(values.get("options", {}))
        known = (*PLACEHOLDERS, *options)
        definition = cls(
            encoder=Command.parse("encoder", _text(values, "encoder"), known),
            decoder=Command.parse("decoder", _text(values, "decoder"), known),
            pixel_format=_text(values, "pixel_format", RAW),
            suffix=_text(values, "suffix", ".bin"),
            timeout=_number("timeout", values.get("timeout", TIMEOUT)),
            qualities=tuple(_number("qualities", each) for each in _list(values, "qualities")),
            options=options,
        )
        definition._check()
        return definition

    def _check(self) -> None:
        if self.pixel_format not in (RAW, PNG):
            raise InvalidValue(f"pixel_format {RAW} or {PNG}", repr(self.pixel_format), "choose one of them")
        if not re.fullmatch(r"\.[\w.]+", self.suffix):
            raise InvalidValue("a suffix such as .266", repr(self.suffix), "correct it")
        for command, written in ((self.encoder, {"bitstream", "out"}), (self.decoder, {"recon", "out"})):
            read = {"in"} if command is self.encoder else {"in", "bitstream"}
            for names in (read, written):
                if not names & command.placeholders:
                    wanted = " or ".join(f"{{{name}}}" for name in sorted(names))
                    raise InvalidValue(f"{wanted} in the {command.role}", "none", "say where its file goes")
        unused = sorted(set(self.options) - self.encoder.placeholders - self.decoder.placeholders)
        if unused:
            raise InvalidValue(f"{{{unused[0]}}} in the encoder or decoder", "none", "take the option out, or use it")


def _text(values: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = values.get(key, default)
    if not isinstance(value, str):
        raise InvalidValue(f"{key} as a text", repr(value), f'write {key} = "..."')
    return value


def _list(values: Mapping[str, Any], key: str) -> list[Any]:
    value = values.get(key, [])
    if not isinstance(value, list):
        raise InvalidValue(f"{key} as a list", repr(value), f"write {key} = [22, 27]")
    return value


def _number(key: str, value: Any) -> float:
    least = 0.001 if key == "timeout" else 0
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value < 1e9:
        raise InvalidValue(f"{key} in positive numbers", repr(value), "correct it")
    return float(value)


def _options(values: Any) -> dict[str, str]:
    taken = (*PLACEHOLDERS, *STREAM_OPTIONS)
    for name, value in values.items() if isinstance(values, Mapping) else [("options", values)]:
        if not _OPTION.fullmatch(name) or name in taken or not isinstance(value, str | int | float):
            expected = f"[options] of texts and numbers, in lower case, and not {', '.join(taken)}"
            raise InvalidValue(expected, f"{name} = {value!r}", "rename it")
    return {name: str(value) for name, value in values.items()}
