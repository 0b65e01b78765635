"""Locks of a run's folder on an object store, as leases: objects that their holder writes again and again.

Arrow's file systems have no conditional write, so that no object can be taken by one of two who write it at once. What
stores do promise (S3, GCS and Azure since 2020) is that a list shows every object whose write has ended. So whoever
wants the folder writes a claim of its own name and lists: alone, it has it; with others, it takes its claim back, waits
for a random moment and begins anew. Of two, the one that lists later sees the other's claim, so both never have it.

A holder that was killed cannot take its claim back. A claim counts for `LEASE_SECONDS` since it was last written, by
the store's clock, which everybody reads off what it has just written itself; a holder writes it every
`RENEW_SECONDS`. So after a kill the folder is free again after `LEASE_SECONDS`; and a process that sleeps for longer
than that, while it holds one, may find that another has gone on.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from ahc_stream.store.atomic import storing
from ahc_stream.store.folders import RemoteFolder

LEASE_SECONDS = 30.0
RENEW_SECONDS = 5.0
CLAIMS = ".lock"


class Lease:
    """An object that is written again and again until it is released. Raises StorageError."""

    def __init__(self, place: RemoteFolder) -> None:
        self._place, self._over = place, threading.Event()
        with storing(place):
            place.write_bytes(b"")
        self._thread = threading.Thread(target=self._renew, name=f"lease {place.name}", daemon=True)
        self._thread.start()

    def release(self) -> None:
        """Held no more."""
        self._over.set()
        self._thread.join()
        with storing(self._place):
            self._place.unlink(missing_ok=True)

    def _renew(self) -> None:
        while not self._over.wait(RENEW_SECONDS):
            try:
                self._place.write_bytes(b"")
            except OSError:
                continue  # the store is out of reach for a moment; the next time, or the lease ends


@contextmanager
def claimed(folder: RemoteFolder) -> Iterator[None]:
    """Holds the folder; waits for whoever has it. Raises StorageError."""
    lease = _alone(folder / CLAIMS)
    try:
        yield
    finally:
        lease.release()


def _alone(claims: RemoteFolder) -> Lease:
    while True:
        mine = claims / uuid.uuid4().hex
        lease = Lease(mine)
        with storing(claims):
            others = [claim for claim in claims.iterdir() if claim.name != mine.name]
            living = [claim for claim in others if _counts(claim, mine)]
        if not living:
            return lease
        lease.release()
        time.sleep(random.uniform(0.02, 0.5))


def _counts(claim: RemoteFolder, mine: RemoteFolder) -> bool:
    """Whether its holder lives; a claim of one that does not is removed."""
    if is_held(claim, mine):
        return True
    claim.unlink(missing_ok=True)
    return False


def is_held(place: RemoteFolder, fresh: RemoteFolder) -> bool:
    """Whether a lease was written within LEASE_SECONDS before `fresh`, which was written just now."""
    try:
        return fresh.stat().modified - place.stat().modified < LEASE_SECONDS
    except FileNotFoundError:
        return False


def is_running(place: RemoteFolder) -> bool:
    """Whether somebody writes this lease again and again."""
    if not place.exists():
        return False
    fresh = place.parent / f".clock-{uuid.uuid4().hex}"
    try:
        fresh.write_bytes(b"")
        return is_held(place, fresh)
    finally:
        fresh.unlink(missing_ok=True)
