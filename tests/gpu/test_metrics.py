"""Every metric on the pretended GPU: no devices mixed, the values of the CPU, and how often the host waits."""

from __future__ import annotations

import pytest
import torch

from ahc_stream.core.errors import MissingData, MissingExtra
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.roundtrip import RoundTrip
from ahc_stream.core.stream import Stream
from ahc_stream.core.unit import Unit
from ahc_stream.line.sessions import MeasureSettings, StreamSessions
from ahc_stream.metrics.entry import Joint, Temporal
from ahc_stream.metrics.session import open_session
from ahc_stream.metrics.table import METRICS
from tests.codecs.learned.learned import clip_of, pictures
from tests.gpu.pretend import CPU, CUDA, Gpu

OF_THE_CPU = 3
"""Waits of a metric that is a program's: reference and distorted come to it, and its values go back."""

APART = {"cvvdp"}
"""Its package formats numbers of the device for its log, whether or not that is read, and so waits; the pretended GPU
cannot print its tensors."""


@pytest.mark.parametrize("name", [name for name in METRICS if name not in APART])
def test_a_metric_waits_for_nothing_once_it_is_made(gpu: Gpu, name: str) -> None:
    reference, distorted = pictures(2, 48, 48, seed=1), pictures(2, 48, 48, seed=2)
    try:
        session, expected = open_session([name], False, CUDA), open_session([name], False, CPU)
        pair = reference.to(CUDA), distorted.to(CUDA)
        session.push(*pair)
        before = gpu.synchronisations
        values = session.push(*pair)[name]
        most = 0 if not isinstance(METRICS[name].recipe, Temporal | Joint) else OF_THE_CPU
        assert values.device == CUDA and gpu.synchronisations - before <= most
        assert torch.allclose(values.cpu(), expected.push(reference, distorted)[name], rtol=1e-6, equal_nan=True)
    except (MissingData, MissingExtra) as error:
        pytest.skip(str(error))


def test_a_clips_metrics_wait_once_where_the_line_asks_for_them(gpu: Gpu) -> None:
    fused = ("mse", "psnr", "ssim", "ms_ssim", "vif", "psnr_hvs")
    clip = clip_of(pictures(3, 48, 48, seed=1).to(CUDA), consecutive=True)
    decoded = clip.with_frames(pictures(3, 48, 48, seed=2).to(CUDA))
    units = tuple(Unit(b"", frame, "I") for frame in range(3))
    trip = RoundTrip(OperatingPoint("identity"), clip, decoded, units, (0,) * 3, 0.0, 0.0)
    sessions = StreamSessions(MeasureSettings(fused, (), CUDA, codec_lanes=1), Stream.of(clip), finished=())
    sessions.push(trip)
    before = gpu.synchronisations
    sessions.push(trip)
    assert gpu.synchronisations - before == 1
