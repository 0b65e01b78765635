"""Strings beside the frame loop: symbols leave the device by a copy that the loop does not wait for, and other threads
code them.

On a GPU symbols travel in 16 bits and the numbers of their tables in 8; what does not fit follows in 32. Whether the
symbols are within a coder's range is seen where they arrive. On the CPU they are as the coder takes them already.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ahc_stream.codecs.entropy.coder import LARGEST_SYMBOL, Coder
from ahc_stream.codecs.entropy.tables import Tables
from ahc_stream.core.errors import CodecError
from ahc_stream.core.host import Arrival, sent_to_host, to_host
from ahc_stream.core.threads import aside, shares

LARGEST_SHORT = torch.iinfo(torch.int16).max
MOST_SHORT_TABLES = torch.iinfo(torch.uint8).max + 1


@dataclass(frozen=True, eq=False)
class CodedLatent:
    """One frame's latent, as it went into the coder or came out of it.

    strings:  what the coder wrote, in the order of CompressAI's lists: y, then z.
    symbols:  int32 [n] on the CPU, all of them, in the order of the strings.
    values:   float32 [1, C, h, w], the quantised latent that the synthesis transform takes.
    bits:     the model's estimate, -log2 of the symbols' likelihoods; None after decoding.
    """

    strings: tuple[bytes, ...]
    symbols: Tensor
    values: Tensor
    bits: float | None = None


class WildLatent(CodecError):
    """A network has left the range of a coder, or of numbers. `index` is the frame's number in its batch."""

    def __init__(self, expected: str, got: str, todo: str, index: int = 0) -> None:
        super().__init__(expected, got, todo)
        self.index = index

    def __reduce__(self) -> tuple[type[WildLatent], tuple[str, str, str, int]]:
        return type(self), (self.expected, self.got, self.todo, self.index)


@dataclass(frozen=True, eq=False)
class Message:
    """What goes into one string of each of B frames.

    symbols:  whole numbers as float32 [B, n].
    indexes:  a row of `tables` for each: int32 [B, n], where the symbols are or on the CPU.
    """

    symbols: Tensor
    indexes: Tensor
    tables: Tables
    coder: Coder


class PendingLatents:
    """Latents of B frames whose values are known, and whose strings are written aside.

    values:  float32 [B, C, h, w], what a decoder will have.
    """

    def __init__(self, messages: Sequence[Message], values: Tensor, bits: Tensor) -> None:
        """messages: of each frame, in the order of its strings. bits: the model's estimate, float64 [B]."""
        self.values = values
        self._messages = messages
        sent = _sent(messages, bits)
        self._parts = [(rows, aside(partial(_coded, messages, sent, rows))) for rows in shares(len(values))]

    def wait(self) -> list[CodedLatent]:
        """One of each frame, once its strings are written. Raises WildLatent, and CodecError as the coder does."""
        return [latent for rows, part in self._parts for latent in self._latents(rows, part)]

    def _latents(self, rows: slice, part: Future[_Strings]) -> list[CodedLatent]:
        try:
            strings, symbols, bits = part.result()
        except _TooWide as error:
            wide = [to_host(message.symbols[rows].int()).numpy() for message in self._messages]
            strings, symbols, bits = _encoded(self._messages, wide, error.indexes, error.bits)
        every = torch.from_numpy(np.concatenate(symbols, axis=1))
        frames = range(rows.start, rows.stop)
        return [
            CodedLatent(
                tuple(of_message[i] for of_message in strings), every[i], self.values[frame : frame + 1], bits[i]
            )
            for i, frame in enumerate(frames)
        ]


Integers = NDArray[np.int32]
_Strings = tuple[list[list[bytes]], list[Integers], list[float]]
"""Of some frames: the strings by message, the symbols int32 [frames, n] by message, and the estimates."""


class _TooWide(Exception):
    """Symbols that do not fit into what they travel in. With what arrived beside them: indexes and estimates."""

    def __init__(self, indexes: list[Integers], bits: list[float]) -> None:
        super().__init__()
        self.indexes, self.bits = indexes, bits


def _sent(messages: Sequence[Message], bits: Tensor) -> Arrival:
    """Estimates [B], the largest symbols [B, messages], then symbols and indexes of each message."""
    largest = torch.stack([message.symbols.abs().amax(1) for message in messages], dim=1)
    return sent_to_host([bits, largest, *(_narrow(message) for message in messages), *_indexes_there(messages)])


def _narrow(message: Message) -> Tensor:
    """Symbols as they travel; those that are on the CPU already are as the coder takes them."""
    return message.symbols.to(torch.int32 if message.symbols.device.type == "cpu" else torch.int16)


def _indexes_there(messages: Sequence[Message]) -> list[Tensor]:
    """Of the messages whose indexes are on the device, these as they travel."""
    there = [message for message in messages if message.indexes.device.type != "cpu"]
    return [message.indexes.to(index_type(message.tables)) for message in there]


def index_type(tables: Tables) -> torch.dtype:
    """The type in which the numbers of tables travel."""
    return torch.uint8 if len(tables.lengths) <= MOST_SHORT_TABLES else torch.int32


def _coded(messages: Sequence[Message], sent: Arrival, rows: slice) -> _Strings:
    """The strings of some frames, on a thread that waits for their symbols. Raises WildLatent and _TooWide."""
    sent.wait()
    bits, largest, *rest = (tensor.numpy()[rows] for tensor in sent.tensors)
    _check_range(largest, rows.start)
    symbols, travelled = rest[: len(messages)], iter(rest[len(messages) :])
    indexes = [
        message.indexes.numpy()[rows] if message.indexes.device.type == "cpu" else next(travelled).astype(np.int32)
        for message in messages
    ]
    if symbols[0].dtype != np.int32 and largest.max() > LARGEST_SHORT:
        raise _TooWide(indexes, bits.tolist())
    return _encoded(
        messages, [of_message.astype(np.int32, copy=False) for of_message in symbols], indexes, bits.tolist()
    )


def _encoded(
    messages: Sequence[Message], symbols: list[Integers], indexes: list[Integers], bits: list[float]
) -> _Strings:
    strings = [
        message.coder.encode(torch.from_numpy(of_message), torch.from_numpy(rows), message.tables)
        for message, of_message, rows in zip(messages, symbols, indexes, strict=True)
    ]
    return strings, symbols, bits


def _check_range(largest: NDArray[np.float32], first: int) -> None:
    """Raises WildLatent where a frame's largest symbol, [frames, messages], is beyond a coder's range, or NaN."""
    wild = ~(largest <= LARGEST_SYMBOL).all(axis=1)  # NaN is not less, either
    if wild.any():
        index = int(wild.argmax())
        got = f"values up to {largest[index].max()}"
        todo = "this model fails on this picture: leave one out"
        raise WildLatent(f"latents within {LARGEST_SYMBOL}", got, todo, first + index)
