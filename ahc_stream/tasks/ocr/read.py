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
from ahc_stream.tasks.networks.onnx_model import Network, load
from ahc_stream.tasks.ocr.detect import network_input
from ahc_stream.tasks.ocr.pixels import warp
from ahc_stream.tasks.pixels.resize import opencv, resize

HEIGHT = 48  # what PP-OCR's recognisers take from version 3 on
LEAST_WIDTH = 320  # a shorter line has grey behind it, as in training
UPRIGHT = 1.5  # a crop this much higher than wide is text from bottom to top

CHARSETS: Mapping[str, str | None] = {"plate": string.ascii_uppercase + string.digits, "all": None}
"""The characters that may be read; None: all that the network knows."""

_BATCH_PIXELS = 16 * HEIGHT * LEAST_WIDTH
"""Input pixels that may go through the recogniser at once: bounds the memory, whatever the crops' size and number."""


class Read(NamedTuple):
    text: str
    score: float  # 0..1; 0 of no text


@dataclass(frozen=True, eq=False)
class Reader:
    """A recogniser. `classes` are the columns of its output to choose from, blank first; None: all of them."""

    network: Network
    characters: Sequence[str]
    classes: Tensor | None

    def read(self, crops: Sequence[Tensor]) -> list[Read]:
        """uint8 [3, h, w] each -> what each says. What a crop says does not depend on the others."""
        found: list[Read] = [Read("", 0.0)] * len(crops)
        for places in _of_one_width(crops):
            texts = self._read(torch.stack([_input(crops[place]) for place in places]))
            for place, text in zip(places, texts, strict=True):
                found[place] = text
        return found

    def _read(self, inputs: Tensor) -> Iterator[Read]:
        """float32 [N, 3, HEIGHT, W] -> N texts."""
        size = batch_size(inputs.device, _BATCH_PIXELS, inputs.shape[2] * inputs.shape[3])
        for count, (batch,) in fixed_batches(size, inputs):
            yield from self._decode(self.network(batch)[:count])

    def _decode(self, probability: Tensor) -> Iterator[Read]:
        """float32 [N, columns, classes] -> N texts; the classes are compared on the device."""
        if self.classes is not None:
            probability = probability[:, :, self.classes]
        best, chosen = probability.max(2)
        new = torch.ones_like(chosen, dtype=torch.bool)
        new[:, 1:] = chosen[:, 1:] != chosen[:, :-1]
        host = torch.stack([best.double(), chosen.double(), (new & (chosen > 0)).double()]).cpu().numpy()
        for scores, classes, kept in host.transpose(1, 0, 2):
            taken = kept > 0
            text = "".join(self.characters[int(number)] for number in classes[taken])
            yield Read(text, float(scores[taken].mean()) if taken.any() else 0.0)


def load_reader(path: Path, device: torch.device, charset: str) -> Reader:
    """The recogniser of a .onnx file. Raises InvalidValue for one without its characters, and what `onnx_model` does."""
    network = load(path, device)
    if "character" not in network.metadata:
        expected = f"a text recogniser with its characters in {path}"
        raise InvalidValue(expected, "no metadata `character`", "take one that RapidOCR publishes")
    characters = ["", *network.metadata["character"].splitlines(), " "]  # class 0 is the blank, the last one is a space
    allowed = CHARSETS[charset]
    if allowed is None:
        return Reader(network, characters, None)
    numbers = [0, *(number for number, character in enumerate(characters) if character and character in allowed)]
    return Reader(network, [characters[number] for number in numbers], torch.tensor(numbers, device=device))


def crop(image: Tensor, box: np.ndarray) -> Tensor:
    """uint8 [3, H, W] and the corners float32 [4, 2] of a line -> uint8 [3, h, w], the line from left to right."""
    width = int(max(_length(box[0], box[1]), _length(box[2], box[3])))
    height = int(max(_length(box[0], box[3]), _length(box[1], box[2])))
    corners = np.float32([[0, 0], [width, 0], [width, height], [0, height]])
    if np.array_equal(box, corners + box[0]):
        left, top = box[0].astype(int)
        line = image[:, top : top + height, left : left + width]  # whole pixels, not turned: nothing to interpolate
    else:
        line = warp(image, opencv().getPerspectiveTransform(corners, box), height, width)
    return line.rot90(1, (1, 2)) if height >= UPRIGHT * width else line


def _length(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.hypot(*(one - other)))


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
    """The places of the crops whose inputs are equally wide, the narrowest first."""
    places: dict[int, list[int]] = {}
    for place, crop in enumerate(crops):
        places.setdefault(_widths(crop)[1], []).append(place)
    return [places[width] for width in sorted(places)]
