"""Messages that are too short for CompressAI's encoder, in Python: the same strings."""

from __future__ import annotations

from ahc_stream.codecs.entropy.tables import Tables

SHORT = 4
"""Shorter messages may overrun CompressAI's buffer: it holds a word per symbol, and the coder's state takes two."""

Push = tuple[int, int, int]
"""Start and frequency of a bin, and the bits of the table that it is of."""


def encode_short(symbols: list[int], indexes: list[int], tables: Tables) -> bytes:
    """The same string as CompressAI's coder, for messages that overrun its buffer. Slow, but right at any length.

    rANS with a 64-bit state from 2^31 on: the last symbol goes in first, words of 32 bits leave when the state is
    about to overflow, and the state itself is written last, which makes it the first thing a decoder reads.
    """
    state, words = 1 << 31, []
    for symbol, index in zip(reversed(symbols), reversed(indexes), strict=True):
        for start, frequency, bits in reversed(_pushes(symbol - tables.first[index], tables.rows[index])):
            if state >= frequency << (63 - bits):
                words.append(state & 0xFFFFFFFF)
                state >>= 32
            state = (state // frequency << bits) + state % frequency + start
    head = [state & 0xFFFFFFFF, state >> 32]
    return b"".join(word.to_bytes(4, "little") for word in head + words[::-1])


def _pushes(value: int, row: list[int]) -> list[Push]:
    """In reading order: a bin of 16 bits; after the escape bin, a count and its nibbles."""
    escape = len(row) - 2
    position = value if 0 <= value < escape else escape
    pushes = [(row[position], row[position + 1] - row[position], 16)]
    if position == escape:
        escaped = -2 * value - 1 if value < 0 else 2 * (value - escape)
        count = (escaped.bit_length() + 3) // 4  # below 15 for every symbol within LARGEST_SYMBOL
        nibbles = (escaped >> 4 * i & 15 for i in range(count))
        pushes += [(nibble, 1, 4) for nibble in (count, *nibbles)]
    return pushes
