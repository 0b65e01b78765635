"""What lanes have in common: networks on a device, and copies of them in another arithmetic.

A lane's work is on a stream of its own, and a stream waits for no other by itself. So what one lane makes and another
reads is made once, by the first that asks, and nobody sees it before the device has finished it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, MutableMapping
from typing import Generic, TypeVar

import torch

from ahc_stream.core.cuda import drain

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Shared(Generic[K, V]):
    """Things by key, for all threads; they are only read.

    made:  where they are kept, which may let them go: a mapping of weak keys or values.
    """

    def __init__(self, made: MutableMapping[K, V] | None = None) -> None:
        self._made: MutableMapping[K, V] = {} if made is None else made
        self._lock = threading.Lock()

    def get(self, key: K, make: Callable[[], V], device: torch.device) -> V:
        """The thing of a key, which is on `device`; of a new one, what `make` gives.

        `make` runs in the calling thread, one at a time, without autograd and outside of inference mode, so that what
        it gives serves every caller. What it raises comes out, and the next one tries again.
        """
        with self._lock:
            thing = self._made.get(key)
            if thing is None:
                with torch.inference_mode(False), torch.no_grad():
                    thing = make()
                drain(device)
                self._made[key] = thing
            return thing

    def forget(self, is_unwanted: Callable[[K], bool] = lambda key: True) -> None:
        """Lets those go whose keys are unwanted; all of them, where nothing is said."""
        with self._lock:
            for key in [key for key in self._made if is_unwanted(key)]:
                del self._made[key]
