"""A last layer of one's own over a network whose weights have a name.

A head is a safetensors file of `weight` [classes, features] and `bias` [classes]. Its metadata says what it stands on.
`tools/train_ucf101_head.py` writes such files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.networks.checkpoint import not_a_checkpoint, read_safetensors
from ahc_stream.tasks.video.models import Architecture, find_head, replace_head

_METADATA = "ahc_stream_video_head"


@dataclass(frozen=True, eq=False)
class Head:
    """A last layer of one's own.

    architecture:  a name of `video.models.ARCHITECTURES`.
    backbone:      the name, in the table of weights, of what the rest of the network is filled with.
    weight, bias:  float32 [classes, features] and [classes].
    """

    architecture: str
    backbone: str
    classes: tuple[str, ...]
    weight: Tensor
    bias: Tensor


def write_head(path: Path, head: Head) -> None:
    """Writes a head as `read_head` reads it."""
    from safetensors.torch import save_file

    description = {"architecture": head.architecture, "backbone": head.backbone, "classes": head.classes}
    tensors = {"weight": head.weight.contiguous(), "bias": head.bias.contiguous()}
    save_file(tensors, path, metadata={_METADATA: json.dumps(description)})


def read_head(path: Path) -> Head | None:
    """The head in a file; None where the file holds something else. Raises InvalidValue for a safetensors file that is
    damaged or whose numbers do not fit its class names."""
    if path.suffix != ".safetensors":
        return None
    tensors, metadata = read_safetensors(path)
    if _METADATA not in metadata:
        return None
    try:
        description = json.loads(metadata[_METADATA])
        head = Head(
            description["architecture"],
            description["backbone"],
            tuple(description["classes"]),
            tensors["weight"],
            tensors["bias"],
        )
    except (ValueError, KeyError, TypeError) as error:
        raise not_a_checkpoint(path, f"a head without {error}") from error
    weight_shape, bias_shape = list(head.weight.shape), list(head.bias.shape)
    if len(weight_shape) != 2 or bias_shape != weight_shape[:1] or len(head.classes) != len(head.bias):
        got = f"a head of {len(head.classes)} names, weights of {weight_shape} and biases of {bias_shape}"
        raise not_a_checkpoint(path, got)
    return head


def put_head(network: nn.Module, architecture: Architecture, head: Head) -> None:
    """Replaces the last layer by `head`. Raises InvalidValue where it takes another number of features."""
    old = find_head(network, architecture)
    features = old.weight.shape[1]
    if head.weight.shape[1] != features:
        got = f"one over {head.weight.shape[1]}"
        raise InvalidValue(f"a head over {features} features", got, "train the head on the network that it names")
    shape = (len(head.classes), *old.weight.shape[1:])
    new = nn.Linear(features, shape[0]) if isinstance(old, nn.Linear) else nn.Conv3d(features, shape[0], 1)
    new.load_state_dict({"weight": head.weight.reshape(shape), "bias": head.bias})
    replace_head(network, architecture, new)
