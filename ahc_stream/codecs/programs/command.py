"""A command line with {placeholders}: its words, and the program that they run. No shell reads them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Self

import psutil

from ahc_stream.core.errors import CodecError, InvalidValue, MissingData

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_LONGEST = 300  # characters of what a program says


@dataclass(frozen=True)
class Command:
    """A program and its arguments.

    role:   "encoder" or "decoder", for messages.
    words:  split as a shell would, with placeholders in them.
    """

    role: str
    words: tuple[str, ...]

    @classmethod
    def parse(cls, role: str, text: str, known: Collection[str]) -> Self:
        """Raises InvalidValue for quotes that do not close, for no word at all, and for a placeholder that is not
        `known`; MissingData for a program that is not here."""
        try:
            words = tuple(shlex.split(text))
        except ValueError as error:
            raise InvalidValue(f"{role} as words of a shell", f"{text!r} ({error})", "close the quotes") from error
        if not words:
            raise InvalidValue(f"a command line as {role}", repr(text), "write the program and its arguments")
        command = cls(role, words)
        unknown = sorted(command.placeholders - set(known))
        if unknown:
            todo = f"there are {', '.join(f'{{{name}}}' for name in known)}, and each of [options]"
            raise InvalidValue(f"placeholders of the {role} that are known", f"{{{unknown[0]}}}", todo)
        if shutil.which(words[0]) is None:
            raise MissingData(f"the {role} {words[0]}", "no such program", "install it, or write its whole path")
        return command

    @property
    def placeholders(self) -> set[str]:
        """Their names."""
        return {name for word in self.words for name in _PLACEHOLDER.findall(word)}

    def run(self, values: Mapping[str, str], seconds: float) -> None:
        """Runs the program until it ends, with `values` in the places of the placeholders.

        Raises CodecError where it cannot be started, takes longer than `seconds` or ends with a status that is not 0.
        """
        words = [_PLACEHOLDER.sub(lambda match: values[match[1]], word) for word in self.words]
        with tempfile.TemporaryFile() as log:
            try:
                process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
            except OSError as error:
                raise CodecError(f"the {self.role} {words[0]} to start", str(error), "check the program") from error
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired as error:
                expected = f"the {self.role} {words[0]} to end within {seconds:g} s"
                raise CodecError(expected, "it was still running", "raise timeout in the .toml file") from error
            finally:
                _end(process)
            log.seek(0)
            said = " ".join(log.read().decode(errors="replace").split())[-_LONGEST:]
        if status != 0:
            got = f"status {status}" + (f": {said}" if said else "")
            raise CodecError(f"the {self.role} {words[0]} to end with status 0", got, "try its command line by itself")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kills the program and those that it started, where it is still running."""
    if process.poll() is not None:
        return
    started = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    for each in started:
        try:
            each.kill()
        except psutil.NoSuchProcess:
            continue
    process.wait()
