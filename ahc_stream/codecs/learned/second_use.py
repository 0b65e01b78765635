"""What is worth making only for what comes again: recordings, by the shapes that they are of."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

R = TypeVar("R")


class FromSecondUse(Generic[R]):
    """Things by key, of one lane. One is made when its key comes for the second time; those used last are kept.

    most:  how many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._seen: set[Hashable] = set()
        self.kept: OrderedDict[Hashable, R] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], R]) -> R | None:
        """The thing of a key; None the first time. Room is made before `make` is called."""
        if key not in self._seen:
            self._seen.add(key)
            return None
        if key not in self.kept:
            while len(self.kept) >= self._most:
                self.kept.popitem(last=False)
            self.kept[key] = make()
        self.kept.move_to_end(key)
        return self.kept[key]

    def hold(self, most_bytes: int, size: Callable[[R], int]) -> None:
        """Lets those go that were used longest ago, until the others have so many bytes together, or one is left."""
        while len(self.kept) > 1 and sum(map(size, self.kept.values())) > most_bytes:
            self.kept.popitem(last=False)
