"""Masks as run lengths, and these as COCO writes them in text: its `counts`.

A mask is read column by column from its top left corner. Its run lengths are numbers of pixels outside and inside by
turns, those outside first, and their sum is height x width. In text each length, from the fourth on less the one before
the last, is a row of characters from "0" to "o": five bits each, the lowest first, and a sixth that says that more
follow (github.com/cocodataset/cocoapi, common/maskApi.c, `rleToString`). pycocotools reads and writes the same.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Lengths = NDArray[np.int64]

_FIRST = ord("0")
_MORE, _SIGN, _LOW = 0x20, 0x10, 0x1F
_MOST_CHARACTERS = 12
"""Of one length: as many five bits as 63 hold."""


def packed(lengths: Lengths) -> bytes:
    """The text of run lengths, int64 [runs]."""
    steps = lengths.copy()
    steps[3:] -= lengths[1:-2]
    with_sign = int(np.abs(steps).max(initial=0)).bit_length() + 1
    rests = steps[:, None] >> np.arange(0, with_sign, 5)
    is_left = np.where(rests[:, :-1] & _SIGN, rests[:, :-1] >> 5 != -1, rests[:, :-1] >> 5 != 0)
    has_more = np.pad(np.logical_and.accumulate(is_left, axis=1), ((0, 0), (0, 1)))
    is_written = np.pad(has_more[:, :-1], ((0, 0), (1, 0)), constant_values=True)
    characters = (rests & _LOW) | (has_more * _MORE)
    text: NDArray[np.uint8] = (characters[is_written] + _FIRST).astype(np.uint8)
    return text.tobytes()


def unpacked(counts: bytes) -> Lengths:
    """Run lengths, int64 [runs], of their text. Raises ValueError for what is no such text."""
    characters = np.frombuffer(counts, np.uint8).astype(np.int64) - _FIRST
    if ((characters < 0) | (characters > _MORE + _LOW)).any() or (len(characters) and characters[-1] & _MORE):
        raise ValueError("no run lengths")
    is_last = characters & _MORE == 0
    ends = np.flatnonzero(is_last)
    starts = np.append(0, ends[:-1] + 1)[: len(ends)]
    place = np.arange(len(characters)) - np.repeat(starts, ends - starts + 1)
    if (place >= _MOST_CHARACTERS).any():
        raise ValueError("run lengths beyond 63 bits")
    values = (characters & _LOW) << (5 * place)
    steps: Lengths = np.add.reduceat(values, starts) if len(starts) else np.zeros(0, np.int64)
    is_negative = characters[ends] & _SIGN != 0
    steps -= np.where(is_negative, np.int64(1) << (5 * (place[ends] + 1)), 0)
    steps[1::2] = np.cumsum(steps[1::2])
    steps[2::2] = np.cumsum(steps[2::2])
    if (steps < 0).any():
        raise ValueError("a run of less than no pixels")
    return steps


def lengths_of(mask: NDArray[np.bool_]) -> Lengths:
    """Run lengths, int64 [runs], of a mask bool [height, width]."""
    pixels = mask.T.ravel()
    changes = np.flatnonzero(pixels[1:] != pixels[:-1]) + 1
    bounds = np.concatenate(([0], changes, [pixels.size]))
    lengths = np.diff(bounds)
    return np.append(0, lengths) if pixels.size and pixels[0] else lengths


def mask_of(lengths: Lengths, height: int, width: int) -> NDArray[np.bool_]:
    """The mask, bool [height, width], of run lengths. Raises ValueError where they are of another number of pixels."""
    if lengths.sum() != height * width:
        raise ValueError(f"{lengths.sum()} pixels of {height} x {width}")
    is_inside = np.arange(len(lengths)) % 2 == 1
    mask: NDArray[np.bool_] = np.repeat(is_inside, lengths).reshape(width, height).T
    return mask
