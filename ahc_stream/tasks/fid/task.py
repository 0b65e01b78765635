"""Features of pictures by the Inception network of FID, through torch-fidelity's own extractor, in float32."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import torch
from torch import Tensor, nn

from ahc_stream.core.batches import batch_size, in_fixed_batches
from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import MissingExtra
from ahc_stream.tasks.fid import score as fid_score
from ahc_stream.tasks.networks.checkpoint import not_a_checkpoint, read_state
from ahc_stream.tasks.networks.weight_file import weight_file

NAME, LAYER = "inception-v3-compat", "2048"
"""torch-fidelity's names of the network and of the features that FID is made of."""
_BATCH_PIXELS = 1 << 22
"""Pixels of frames that may go through at once: bounds the memory, whatever the frames' size."""

Row = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Fid:
    """The task `fid`: the features of each frame, which the scores of a whole set are made of.

    network:  uint8 [N, 3, H, W] -> (float32 [N, 2048],).
    """

    network: nn.Module
    name: str = "fid"
    schema: pa.Schema = fid_score.FEATURES

    def predict(self, clip: Clip) -> Sequence[Sequence[Row]]:
        """One row per frame."""
        size = batch_size(clip.device, _BATCH_PIXELS, clip.height * clip.width)
        features = in_fixed_batches(self._features, size, clip.frames).cpu().numpy()
        return [[{"features": of_frame}] for of_frame in features]

    def _features(self, frames: Tensor) -> Tensor:
        (features,) = self.network(frames)
        rows: Tensor = features.float()
        return rows


def make(options: Mapping[str, str], device: torch.device) -> Fid:
    """The task with its network on `device`. Raises MissingData without the weights, MissingExtra, InvalidValue."""
    path = weight_file(options["model"], "FID's Inception")
    return Fid(_network(path).to(device))


def _network(path: Path) -> nn.Module:
    """torch-fidelity's network. It gets the weights as a file in memory that holds nothing but them: of a file on the
    disk its own reader would run what is in it."""
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ModuleNotFoundError as error:
        raise MissingExtra.of(str(error.name), "fid") from error
    held = io.BytesIO()
    torch.save(dict(read_state(path)), held)
    held.seek(0)
    with torch.random.fork_rng(devices=[]), torch.inference_mode(False):
        try:
            network: nn.Module = FeatureExtractorInceptionV3(NAME, [LAYER], feature_extractor_weights_path=held)
        except RuntimeError as error:  # of load_state_dict, which lists what differs
            raise not_a_checkpoint(path, str(error)) from error
    return network
