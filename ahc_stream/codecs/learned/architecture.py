"""The networks of a learned codec: how they are built, from which checkpoints, and how random weights fit them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor

from ahc_stream.codecs.learned.checkpoint import State
from ahc_stream.core.errors import CodecError
from ahc_stream.core.wording import abridged

if TYPE_CHECKING:
    from compressai.models import CompressionModel

Channels = tuple[Any, ...]
"""The widths of an architecture's networks: the arguments of its `build`."""

Spread = tuple[float, float]
"""Of what a network puts out: the standard deviation, within a factor of 1.5, and the bias of its last convolution."""

SPREADS: Mapping[str, Spread] = {
    r"g_a|(img|res|motion)_encoder": (2.0, 0.0),
    r"h_a|\w+\.hyper_encoder": (2.0, 0.0),
    r"h_s|entropy_parameters|\w+\.hyper_decoder_(mean|scale)": (0.5, 1.5),
    r"g_s|img_decoder": (0.15, 0.5),
    r"(res|motion)_decoder": (0.02, 0.0),
}
"""By the names of CompressAI's networks, as regular expressions."""

_OTHER_ARCHITECTURE = "this is another architecture: name the codec that it was trained for"


def no_channels(_: object) -> Channels:
    """Of networks that have but one width."""
    return ()


def as_it_is(state: State) -> State:
    """Of a checkpoint that holds what the networks hold."""
    return state


def untuned(networks: CompressionModel, quality: float) -> None:
    """Of networks that are the same at every quality."""


def _code_a_picture(networks: CompressionModel, picture: Tensor) -> None:
    networks(picture)


@dataclass(frozen=True, eq=False)
class LearnedArchitecture:
    """The networks of a learned codec as one module, a `CompressionModel` of CompressAI's kind.

    build:        its channels -> the networks on the CPU, not trained.
    channels:     a quality -> the channels that random weights have there.
    channels_of:  a checkpoint -> the channels that it was trained with; LookupError for one of other networks.
    run:          networks and a picture, float32 [1, 3, 128, 128] in 0..1: calls every network once, in coding order.
    spreads:      what random weights are brought to, by the names of the networks.
    cleaned:      a checkpoint -> what of it is loaded.
    tune:         makes networks on the CPU those of a quality: where one checkpoint serves several.
    """

    build: Callable[..., CompressionModel]
    channels: Callable[[float], Channels] = no_channels
    channels_of: Callable[[State], Channels] = no_channels
    run: Callable[[CompressionModel, Tensor], None] = _code_a_picture
    spreads: Mapping[str, Spread] = field(default_factory=lambda: SPREADS)
    cleaned: Callable[[State], State] = as_it_is
    tune: Callable[[CompressionModel, float], None] = untuned

    def load(self, codec: str, state: State) -> CompressionModel:
        """The networks with these weights.

        CDF tables in the checkpoint are used as they are. Where it has none, because `update()` was never called before
        it was saved, they are computed here: the same tables wherever the same code runs, and a header's hash of them
        says so. Raises CodecError for a checkpoint of another architecture than `codec` has, naming what differs.
        """
        try:
            channels = self.channels_of(state)
        except LookupError:  # of another architecture: its names will show it
            channels = self.channels(1)
        networks, state = self.build(*channels), self.cleaned(state)
        _check_names(codec, networks, state)
        try:
            networks.load_state_dict(dict(state))
        except RuntimeError as error:  # torch lists the tensors of other shapes, one a line
            got = "; ".join(line.strip() for line in str(error).splitlines()[1:4])
            raise CodecError(f"a checkpoint of {codec}", got, _OTHER_ARCHITECTURE) from error
        networks.update()  # fills empty tables only
        return networks


def _check_names(codec: str, networks: CompressionModel, state: State) -> None:
    expected = {_todays_name(name) for name in networks.state_dict()}
    names = {_todays_name(name) for name in state}
    if expected != names:
        without, with_ = _few("without", expected - names), _few("with", names - expected)
        raise CodecError(f"a checkpoint of {codec}", f"{without} {with_}".strip(), _OTHER_ARCHITECTURE)


def _todays_name(name: str) -> str:
    """Entropy bottlenecks were called differently before 1.2.7, and their loader renames them itself."""
    for old, new in (("._matrix", ".matrices."), ("._bias", ".biases."), ("._factor", ".factors.")):
        name = name.replace(old, new)
    return name


def _few(word: str, names: set[str]) -> str:
    return f"{word} {abridged(sorted(names), 3)}" if names else ""
