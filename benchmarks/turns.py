"""Two processes that take turns: each computes for one round of its benchmark, then lets the other one go on.

The parent hands a turn over pipes, a byte each way. A process that no parent gave pipes to has every turn.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

VARIABLE = "AHC_STREAM_BENCH_TURNS"
"""In a process that takes turns: the file descriptors "READ,WRITE" of its ends."""
BYTE = b"."


def hand_over() -> None:
    """Ends this process's turn, and waits for the next one. Does nothing in a process that has every turn."""
    if VARIABLE not in os.environ:
        return
    readable, writable = map(int, os.environ[VARIABLE].split(","))
    os.write(writable, BYTE)
    os.read(readable, 1)


@dataclass
class Player:
    """A process that runs only in its turns. to_it, from_it: our ends of its pipes."""

    process: subprocess.Popen[str]
    to_it: int
    from_it: int
    ended: bool = False

    def play(self) -> None:
        """One turn, until it hands over or ends."""
        try:
            os.write(self.to_it, BYTE)
        except BrokenPipeError:
            self.ended = True
        else:
            self.ended = not os.read(self.from_it, 1)


def started(words: Sequence[str | Path], folder: Path, variables: Mapping[str, str], log: Path) -> Player:
    """The program, which waits for its first turn at its first `hand_over`; what it prints goes to `log`."""
    its_end, to_it = os.pipe()
    from_it, its_other = os.pipe()
    environment = {**os.environ, **variables, VARIABLE: f"{its_end},{its_other}"}
    with log.open("w") as output:
        process = subprocess.Popen(
            words, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT, text=True,
            pass_fds=(its_end, its_other),
        )  # fmt: skip
    os.close(its_end)
    os.close(its_other)
    return Player(process, to_it, from_it)


def play(players: Sequence[Player]) -> list[int]:
    """Turns, one process after the other, until all have ended; their exit statuses."""
    for player in players:
        player.ended = not os.read(player.from_it, 1)  # each hands over once, before it has done anything
    while not all(player.ended for player in players):
        for player in players:
            if not player.ended:
                player.play()
    statuses = [player.process.wait() for player in players]
    for player in players:
        os.close(player.to_it)
        os.close(player.from_it)
    return statuses
