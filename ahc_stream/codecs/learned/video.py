"""A learned video codec: scale-space flow, in closed GOPs of one I frame and P frames that warp the frame before.

A P frame codes motion (two displacements and a blur level per pixel), predicts by sampling a stack of ever more blurred
references, and codes what the prediction left. The reference that is fed back is clamped to 0..1, as CompressAI's codec
example does and its `model.compress()` does not; the published figures are with the clamp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ahc_stream.codecs.learned.arithmetic import FLOAT32
from ahc_stream.codecs.learned.flow_decoder import FlowDecoder
from ahc_stream.codecs.learned.flow_encoder import FlowEncoder, Watch
from ahc_stream.codecs.learned.flow_numerics import FlowNumerics, threads_here
from ahc_stream.codecs.learned.flow_steps import FlowSteps
from ahc_stream.codecs.learned.flow_transforms import flow_transforms
from ahc_stream.codecs.learned.geometry import Geometry
from ahc_stream.codecs.learned.gops import MOST_GOPS
from ahc_stream.codecs.learned.memory import BUDGET_BYTES, check_room, frames_at_once, most_frames
from ahc_stream.codecs.learned.model import Model
from ahc_stream.codecs.learned.padding import PicturePadding
from ahc_stream.codecs.learned.priors import Hyperprior
from ahc_stream.codecs.learned.recordings import Recordings
from ahc_stream.codecs.learned.stream import geometry_of, header_of
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream

MULTIPLE = 128
"""Seven strides of two: four of the transforms, three of the hyperpriors."""

BYTES_HELD = 128
"""Per padded pixel of a frame in step: reference, picture, prediction, motion, latents; an estimate."""


@dataclass(frozen=True, eq=False)
class LearnedVideo:
    """A codec for one lane: the shared networks, and three hyperpriors with a coder of its own.

    transforms:  the arithmetic that an encoder uses, see `flow_transforms`; a decoder takes the stream's.
    gop:         frames from one I frame to the next.
    batch:       GOPs in step; None for what the device and the frames' size suggest.
    """

    point: OperatingPoint
    model: Model
    priors: Mapping[str, Hyperprior]
    transforms: str
    gop: int
    batch: int | None = None
    recordings: Recordings = field(default_factory=Recordings)

    @property
    def identity(self) -> Mapping[str, Any]:
        """See `LearnedCodec`."""
        return self.model.identity

    @property
    def numerics(self) -> Mapping[str, str]:
        """See `LearnedCodec`. A stream has more of them: see `FlowNumerics`."""
        return {**FLOAT32, "transforms": self.transforms}

    def geometry(self, height: int, width: int) -> Geometry:
        """See `LearnedCodec`."""
        return Geometry.of(height, width, MULTIPLE, MULTIPLE)

    def encoder(self, stream: Stream, watch: Watch | None = None) -> FlowEncoder:
        """See `core.protocols.Codec`; `watch` as `FlowEncoder` has it. Raises CodecError for too large frames."""
        geometry = self.geometry(stream.height, stream.width)
        check_room(geometry.padding.padded, self.model)
        numerics = self._numerics(geometry.padding)
        header = header_of(self.model, geometry, numerics.header)
        return FlowEncoder(
            FlowSteps(self.model, self.priors, numerics, self.recordings), header, geometry.padding, self.gop, watch
        )

    def decoder(self, header: Mapping[str, Any]) -> FlowDecoder:
        """See `core.protocols.Codec`. It raises EntropyDesync rather than give a wrong picture."""
        geometry = geometry_of(header, self, FLOAT32)
        height, width = geometry.padding.padded
        check_room((height, width), self.model)
        numerics = FlowNumerics.read(header, most_frames((height, width), self.model.device))
        flow_transforms(self.model, numerics.transforms)  # refuses a stream whose arithmetic this device lacks
        ahead = max(1, BUDGET_BYTES // (BYTES_HELD * height * width))
        return FlowDecoder(FlowSteps(self.model, self.priors, numerics, self.recordings, header), geometry, ahead)

    def _numerics(self, padding: PicturePadding) -> FlowNumerics:
        """On the CPU one frame at a time: a batch gains nothing there. On a GPU some GOPs, within a budget of memory.

        Only the frames' size and the device decide, so that a stream's bytes do not depend on how it came.
        """
        threads = threads_here() if self.model.device.type == "cpu" else 1
        batch = self.batch or min(frames_at_once(padding.padded, self.model.device), MOST_GOPS)
        return FlowNumerics(self.transforms, batch, threads)
