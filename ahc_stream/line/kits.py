"""Codecs and tasks that outlive a line: what its lanes have made, for the lanes of the next."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Hashable
from typing import Any

Kit = dict[Hashable, Any]
"""What one lane has made, by whatever it looks it up by."""


class Kits:
    """A kit is of one lane at a time: a line takes as many as it has lanes, and all of them come back at its end."""

    def __init__(self) -> None:
        self._kits: defaultdict[str, list[Kit]] = defaultdict(list)
        self._taken: defaultdict[str, int] = defaultdict(int)
        self._turn = threading.Lock()

    def take(self, stage: str) -> Kit:
        """A kit of that stage that no lane of this line has; an empty one where there is no other."""
        with self._turn:
            number = self._taken[stage]
            self._taken[stage] += 1
            if number == len(self._kits[stage]):
                self._kits[stage].append({})
            return self._kits[stage][number]

    def all_back(self) -> None:
        """The line has ended: none is taken any more."""
        self._taken.clear()
