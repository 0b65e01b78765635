"""Groups of a latent's channels, one after the other: each is coded under what the groups before it are.

Minnen, Singh 2020, "Channel-wise Autoregressive Entropy Models for Learned Image Compression",
https://arxiv.org/abs/2007.08739; in uneven groups, each a checkerboard, He et al. 2022 (`elic2022`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from ahc_stream.codecs.entropy.coder import Coder
from ahc_stream.codecs.learned.arithmetic import by_frame
from ahc_stream.codecs.learned.checkerboard import Checkerboard
from ahc_stream.codecs.learned.model import Model
from ahc_stream.codecs.learned.stepped_prior import ReadSteps, Steps, WrittenSteps

if TYPE_CHECKING:
    from compressai.latent_codecs import ChannelGroupsLatentCodec


@dataclass(frozen=True, eq=False)
class ChannelGroups:
    """See `Steps`: those of the first group, then those of the second, and so on.

    networks:  CompressAI's latent codec, of whose networks this is the coding.
    groups:    the coding of each group.
    """

    networks: ChannelGroupsLatentCodec
    groups: Sequence[Steps]

    @classmethod
    def of(cls, model: Model, name: str, coder: Coder) -> ChannelGroups:
        """That of the latent codec of that name within a model's networks, whose groups are checkerboards."""
        networks = model.network.get_submodule(name)
        names = [f"{name}.latent_codec.{group}" for group in networks.latent_codec]
        return cls(networks, [Checkerboard.of(model, each, coder) for each in names])

    @property
    def count(self) -> int:
        """See `Steps`."""
        return sum(group.count for group in self.groups)

    def write(self, latent: Tensor, side: Tensor) -> WrittenSteps:
        """See `Steps`."""
        written: list[WrittenSteps] = []
        for group, target in zip(self.groups, torch.split(latent, self.networks.groups, dim=1), strict=True):
            known = [each.values for each in written]
            written.append(group.write(target, self._side(known, side)))
        messages = [message for each in written for message in each.messages]
        bits = torch.stack([each.bits for each in written]).sum(0)
        return WrittenSteps(_joined(written), messages, bits)

    def read(self, strings: Sequence[Sequence[bytes]], side: Tensor) -> ReadSteps:
        """See `Steps`."""
        read: list[ReadSteps] = []
        place = 0
        for group in self.groups:
            known = [each.values for each in read]
            read.append(group.read(strings[place : place + group.count], self._side(known, side)))
            place += group.count
        return ReadSteps(_joined(read), [symbols for each in read for symbols in each.symbols])

    def _side(self, known: Sequence[Tensor], side: Tensor) -> Tensor:
        """What is known of the next group beforehand: float32 [B, S, h, w], by the groups before it and by `side`."""
        if not known:
            return side
        network = self.networks.channel_context[f"y{len(known)}"]
        context = by_frame(network, self.networks.merge_y(*known))
        joined: Tensor = self.networks.merge_params(context, side)
        return joined


def _joined(groups: Sequence[WrittenSteps] | Sequence[ReadSteps]) -> Tensor:
    """The values of all channels, float32 [B, C, h, w]."""
    return torch.cat([each.values for each in groups], dim=1)
