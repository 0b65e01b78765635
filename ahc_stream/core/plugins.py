"""Codecs, tasks, metrics and datasets of installed packages: entry points of the groups `ahc_stream.codecs` ...

Looking at them loads none of their code; that is run when one is asked for by its name. `AHC_STREAM_PLUGINS=0` switches
them off.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ahc_stream.core.errors import InvalidValue

SWITCH = "AHC_STREAM_PLUGINS"
NAME = re.compile(r"[a-z0-9][a-z0-9._-]*")
"""What a name may be that a command line takes beside ours."""

_OUT = f"uninstall one of the packages, or set {SWITCH}=0"


@dataclass(frozen=True)
class Plugin:
    """One entry point.

    package:  the distribution that brings it, with its version: "ahc-negative 1.0".
    place:    "package.module:Name".
    """

    name: str
    package: str
    place: str
    _entry: EntryPoint

    def load(self) -> Any:
        """The object. Raises InvalidValue where its package does not load."""
        try:
            return self._entry.load()
        except Exception as error:  # whatever the package's own lines raise
            got = f"{type(error).__name__}: {error}"
            raise InvalidValue(f"the plug-in {self.name} of {self.package} to load", got, _OUT) from error


def plugins(kind: str, built_in: Collection[str]) -> Mapping[str, Plugin]:
    """The plug-ins of a kind, by name.

    kind:      "codecs", "tasks", "metrics" or "datasets".
    built_in:  the names that this package has itself.
    Raises InvalidValue for two plug-ins of one name, for one with a name of this package, and for a name that no
    command line takes.
    """
    if os.environ.get(SWITCH) == "0":
        return {}
    found: dict[str, Plugin] = {}
    for plugin in _installed(kind):
        other = found.get(plugin.name)
        if other is not None or plugin.name in built_in:
            owner = other.package if other else "ahc-stream itself"
            got = f"{plugin.name} of {plugin.package} and of {owner}"
            raise InvalidValue(f"names of {kind} that no other plug-in has", got, _OUT)
        if not NAME.fullmatch(plugin.name):
            got = f"{plugin.name!r} of {plugin.package}"
            raise InvalidValue("a plug-in's name of a-z, 0-9, '.', '_' and '-'", got, _OUT)
        found[plugin.name] = plugin
    return found


@cache
def _installed(kind: str) -> tuple[Plugin, ...]:
    """In the order of their names and packages, whatever the order of folders."""
    found = [
        Plugin(entry.name, f"{entry.dist.name} {entry.dist.version}" if entry.dist else "?", entry.value, entry)
        for entry in entry_points(group=f"ahc_stream.{kind}")
    ]
    return tuple(sorted(found, key=lambda plugin: (plugin.name, plugin.package)))
