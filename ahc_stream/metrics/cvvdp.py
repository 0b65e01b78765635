"""ColorVideoVDP through its own package, in float32 on either device.

Still pictures go through its `predict`. A video goes frame by frame through the steps that `predict` is made of, so
that nothing must be held but the frames that its temporal filters reach back to, a quarter of a second.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from ahc_stream.core.errors import MissingExtra
from ahc_stream.metrics.entry import Temporal

MIN_SIDE = 16
"""Below it the package's pyramid has no band."""
_TEMPORAL_CHANNELS = 2


def cvvdp(display: str) -> Temporal:
    """The recipe of `METRICS["cvvdp"]` for one of the package's display models."""

    def begin(device: torch.device, consecutive: bool, frames_per_second: float | None) -> Cvvdp:
        return Cvvdp(display, device, frames_per_second if consecutive else None)

    return Temporal(begin, require, is_timed=True)


def require() -> None:
    """Raises MissingExtra where the package is not installed."""
    _package()


class Cvvdp:
    """The metric of one stream.

    A video of one frame is a picture to the package. So a video's first frame waits for the second one, or for the end.

    delay:  the most frames that are pushed and have no value yet.
    """

    def __init__(self, display: str, device: torch.device, frames_per_second: float | None) -> None:
        """frames_per_second: of a video; None: each frame is a picture by itself."""
        self.delay = 0 if frames_per_second is None else 1
        self._display, self._device, self._rate = display, device, frames_per_second
        self._video: _Video | None = None
        self._first: tuple[Tensor, Tensor] | None = None
        self._model: Any = None  # the package's, made with the first frame

    def push(self, reference: Tensor, distorted: Tensor) -> Tensor:
        """See `METRICS["cvvdp"]`."""
        one, other = _encoded(reference), _encoded(distorted)
        pairs = [(one[at : at + 1], other[at : at + 1]) for at in range(len(one))]
        if self._rate is None or self._is_small(reference):
            return self._values([self._of_picture(*pair) for pair in pairs])
        if self._video is None:
            pairs = [self._first, *pairs] if self._first else pairs
            self._first = pairs[0] if len(pairs) == 1 else None
            if self._first:
                return self._values([])
            self._video = _Video(self._made(), self._rate)
        return self._values([self._video.value(*pair) for pair in pairs])

    def finish(self) -> Tensor:
        """The value of a video of one frame; nothing else waits."""
        return self._values([self._of_picture(*self._first)] if self._first else [])

    def _of_picture(self, reference: Tensor, distorted: Tensor) -> float:
        if self._is_small(reference):
            return math.nan
        quality, _ = self._made().predict(distorted, reference, dim_order="BCHW")
        return float(quality)

    def _is_small(self, frames: Tensor) -> bool:
        return min(frames.shape[2:]) < MIN_SIDE

    def _made(self) -> Any:
        if self._model is None:
            self._model = _package().cvvdp(display_name=self._display, device=self._device, quiet=True)
        return self._model

    def _values(self, values: list[float]) -> Tensor:
        return torch.tensor(values, dtype=torch.float64, device=self._device)


class _Video:
    """A video on its way through the package's steps."""

    def __init__(self, model: Any, frames_per_second: float) -> None:
        from pycvvdp.cvvdp_metric import cvvdp_frame_buffers

        self._model, self._rate, self._number = model, frames_per_second, 0
        self._buffers = cvvdp_frame_buffers()
        self._pyramid: Any = None
        model.F, _ = model.get_temporal_filters(frames_per_second)
        model.filter_len = torch.numel(model.F[0])

    def value(self, reference: Tensor, distorted: Tensor) -> float:
        """The quality of the next frame, [1, 3, H, W]."""
        model, source = self._model, _Frame(self._model, reference, distorted, self._rate)
        channels = _TEMPORAL_CHANNELS + 2
        filtered = model.read_block_of_frames(source, channels, self._buffers, 1, "DKLd65", self._number, 1)
        self._number += 1
        if self._pyramid is None:
            self._pyramid = _pyramid(model, reference)
        bands, _ = model.process_block_of_frames(
            filtered, source.get_video_size(), _TEMPORAL_CHANNELS, self._pyramid, False
        )
        twice = torch.cat([bands, bands], dim=2)  # one frame alone would be pooled as a picture, and two alike as one
        return float(model.do_pooling_and_jods(twice))


def _pyramid(model: Any, frames: Tensor) -> Any:
    from pycvvdp.lpyr_dec import weber_contrast_pyr

    height, width = frames.shape[2:]
    return weber_contrast_pyr(width, height, model.pix_per_deg, model.device, contrast=model.contrast)


class _Frame:
    """What the package asks of a source of video, answered with the frame that is there, whatever its number."""

    def __init__(self, model: Any, reference: Tensor, distorted: Tensor, frames_per_second: float) -> None:
        from pycvvdp.video_source import video_source_array

        one = (distorted[:, :, None], reference[:, :, None])  # batch, channel, frame, row, column
        self._source = video_source_array(
            *one, frames_per_second, dim_order="BCFHW", display_photometry=model.display_photometry
        )
        self._size = (*reference.shape[2:], 2)  # any number of frames but one, which would be a picture

    def get_video_size(self) -> tuple[int, ...]:
        return self._size

    def get_batch_size(self) -> int:
        return 1

    def get_test_frame(self, number: int, device: torch.device, colorspace: str) -> Tensor:
        frame: Tensor = self._source.get_test_frame(0, device, colorspace)
        return frame

    def get_reference_frame(self, number: int, device: torch.device, colorspace: str) -> Tensor:
        frame: Tensor = self._source.get_reference_frame(0, device, colorspace)
        return frame


def _encoded(frames: Tensor) -> Tensor:
    """What the package takes: bytes, or float32 in 0..1, still encoded for the display."""
    return frames if frames.dtype == torch.uint8 else frames / 255


def _package() -> Any:
    try:
        import pycvvdp
    except ModuleNotFoundError as error:
        raise MissingExtra.of("cvvdp" if error.name == "pycvvdp" else str(error.name), "cvvdp") from error
    return pycvvdp
