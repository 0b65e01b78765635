"""What the lines of text say: crops through a text recogniser, on their device.

Definition: the greedy decoding of connectionist temporal classification, A. Graves et al. (ICML 2006), section 3.2: the
best class of each column, repeats joined, blanks dropped. A line's score is the mean probability of its characters.
"""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ahc_stream.core.batches import batch_size, fixed_batches
from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks.onnx_network import Network, load
from ahc_stream.tasks.ocr.detect import network_input
from ahc_stream.tasks.ocr.geometry import Points, distance
from ahc_stream.tasks.ocr.warp import warp
from ahc_stream.tasks.pixels.resize import opencv, resize

HEIGHT = 48  # what PP-OCR's recognisers take from version 3 on
LEAST_WIDTH = 320  # a shorter line has grey behind it, as in training
UPRIGHT = 1.5  # a crop this much higher than wide is text from bottom to top

CHARSETS: Mapping[str, str | None] = {"plate": string.ascii_uppercase + string.digits, "all": None}
"""The characters that may be read; None: all that the network knows."""

_BATCH_PIXELS = 16 * HEIGHT * LEAST_WIDTH
"""Input pixels that may go through the recogniser at once: bounds the memory, whatever the crops' size and number."""


class Reading(NamedTuple):
    """What a line of text says."""

    text: str
    score: float  # 0..1; 0 of no text


@dataclass(frozen=True, eq=False)
class Recogniser:
    """A network that reads lines. `classes` are the columns of its output to choose from, blank first; None: all of
    them."""

    network: Network
    characters: Sequence[str]
    classes: Tensor | None

    def read(self, crops: Sequence[Tensor]) -> list[Reading]:
        """uint8 [3, h, w] each -> what each says. What a crop says does not depend on the others."""
        readings = [Reading("", 0.0)] * len(crops)
        for indexes in _of_one_width(crops):
            inputs = torch.stack([_input(crops[index]) for index in indexes])
            for index, reading in zip(indexes, self._read(inputs), strict=True):
                readings[index] = reading
        return readings

    def _read(self, inputs: Tensor) -> Iterator[Reading]:
        """float32 [N, 3, HEIGHT, W] -> N readings."""
        size = batch_size(inputs.device, _BATCH_PIXELS, inputs.shape[2] * inputs.shape[3])
        for count, (batch,) in fixed_batches(size, inputs):
            yield from self._decode(self.network(batch)[:count])

    def _decode(self, probability: Tensor) -> Iterator[Reading]:
        """float32 [N, columns, classes] -> N readings; the classes are compared on the device."""
        if self.classes is not None:
            probability = probability[:, :, self.classes]
        best, chosen = probability.max(2)
        is_new = torch.ones_like(chosen, dtype=torch.bool)
        is_new[:, 1:] = chosen[:, 1:] != chosen[:, :-1]
        is_character = is_new & (chosen > 0)
        host = torch.stack([best.double(), chosen.double(), is_character.double()]).cpu().numpy()
        for scores, classes, kept in host.transpose(1, 0, 2):
            taken = kept > 0
            text = "".join(self.characters[int(number)] for number in classes[taken])
            yield Reading(text, float(scores[taken].mean()) if taken.any() else 0.0)


def load_recogniser(path: Path, device: torch.device, charset: str) -> Recogniser:
    """The recogniser of a .onnx file. Raises InvalidValue for one without its characters, and what
    `onnx_network.load` does."""
    network = load(path, device)
    if "character" not in network.metadata:
        expected = f"a text recogniser with its characters in {path}"
        raise InvalidValue(expected, "no metadata `character`", "take one that RapidOCR publishes")
    characters = ["", *network.metadata["character"].splitlines(), " "]  # class 0: the blank; the last one: a space
    allowed = CHARSETS[charset]
    if allowed is None:
        return Recogniser(network, characters, None)
    numbers = [0, *(number for number, character in enumerate(characters) if character and character in allowed)]
    return Recogniser(network, [characters[number] for number in numbers], torch.tensor(numbers, device=device))


def crop(image: Tensor, box: Points) -> Tensor:
    """uint8 [3, H, W] and the corners float32 [4, 2] of a line -> uint8 [3, h, w], the line from left to right."""
    top_left, top_right, bottom_right, bottom_left = box
    width = int(max(distance(top_left, top_right), distance(bottom_right, bottom_left)))
    height = int(max(distance(top_left, bottom_left), distance(top_right, bottom_right)))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    if np.array_equal(box, corners + top_left):
        left, top = top_left.astype(int)
        line = image[:, top : top + height, left : left + width]  # whole pixels, not turned: nothing to interpolate
    else:
        line = warp(image, opencv().getPerspectiveTransform(corners, box), height, width)
    return line.rot90(1, (1, 2)) if height >= UPRIGHT * width else line


def _widths(crop: Tensor) -> tuple[int, int]:
    """The width of a crop at the network's height, and that of the network's input, as RapidOCR has it for a crop that
    is alone in its batch."""
    ratio = crop.shape[2] / crop.shape[1]
    outer = int(HEIGHT * max(LEAST_WIDTH / HEIGHT, ratio))
    return min(ceil(HEIGHT * ratio), outer), outer


def _input(crop: Tensor) -> Tensor:
    """uint8 [3, h, w] -> float32 [3, HEIGHT, W], grey (0) behind the line."""
    inner, outer = _widths(crop)
    line = network_input(resize(crop[None], HEIGHT, inner))[0]
    return F.pad(line, (0, outer - inner))


def _of_one_width(crops: Sequence[Tensor]) -> list[list[int]]:
    """The indexes of the crops whose inputs are equally wide, the narrowest first."""
    indexes: dict[int, list[int]] = {}
    for index, crop in enumerate(crops):
        _, outer = _widths(crop)
        indexes.setdefault(outer, []).append(index)
    return [indexes[width] for width in sorted(indexes)]
