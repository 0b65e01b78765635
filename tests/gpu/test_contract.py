"""What holds on every device, on a real one: the CPU's run is the reference of the GPU's.

Each test runs on the CPU, where it holds the suite itself, and with the mark `gpu` on a GPU. Codecs and metrics are
those of the tables; networks are narrow ones with random weights, so nothing is fetched.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import ahc_stream as ahc
from ahc_stream import codecs, runs, tasks
from ahc_stream.codecs.table import BUILT_IN, CODECS
from ahc_stream.core import sessions
from ahc_stream.core.clip import Clip
from ahc_stream.core.cuda import lane
from ahc_stream.core.errors import MissingData, MissingExtra
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.stream import Stream
from ahc_stream.metrics import METRICS, measure
from ahc_stream.metrics.entry import Fused
from tests.codecs.learned.learned import ARCHITECTURES, clip_of, narrow, pictures, reconstructed, sent
from tests.gpu.test_tasks import MADE, clip_for
from tests.pictures import write_pictures
from tests.promised_gpu import ON_GPU

CPU = torch.device("cpu")
LEARNED = sorted(ARCHITECTURES)
TRADITIONAL = sorted(name for name in BUILT_IN if CODECS[name].family != "learned")
FUSED = [name for name in METRICS if isinstance(METRICS[name].recipe, Fused)]
on_each_device = pytest.mark.parametrize("where", ["cpu", ON_GPU])


def learned(name: str, device: torch.device, **options: str):
    return codecs.make(OperatingPoint(name, 1, tuple(sorted(options.items()))), device, narrow(name))


def pictures_on(device: torch.device, count: int = 3, consecutive: bool = False, height: int = 80) -> Clip:
    return clip_of(pictures(count, height, 96).to(device), consecutive)


def is_video(name: str) -> bool:
    return CODECS[name].medium == "video"


@on_each_device
@pytest.mark.parametrize("name", LEARNED)
def test_a_decoder_has_its_encoders_pictures(name: str, where: str) -> None:
    device = torch.device(where)
    with lane(device):
        bitstream, expected = reconstructed(learned(name, device), pictures_on(device, consecutive=is_video(name)))
        frames = sessions.decode(learned(name, device), sent(bitstream))
    assert frames.device.type == where and torch.equal(frames, expected)


@on_each_device
@pytest.mark.parametrize("name", LEARNED)
def test_rate_and_pictures_are_those_of_the_cpu_but_for_roundings(name: str, where: str) -> None:
    device = torch.device(where)
    with lane(device):
        bitstream, pixels = reconstructed(learned(name, device), pictures_on(device, consecutive=is_video(name)))
    reference, expected = reconstructed(learned(name, CPU), pictures_on(CPU, consecutive=is_video(name)))
    bits, expected_bits = sum(bitstream.payload_bits), sum(reference.payload_bits)
    assert bits == pytest.approx(expected_bits, rel=0.01)
    assert (pixels.cpu().int() - expected.int()).abs().float().mean() < 0.1  # grey levels: single symbols may differ


@on_each_device
@pytest.mark.parametrize("name", [name for name in LEARNED if not is_video(name)])
def test_an_image_has_the_same_bytes_alone_and_among_others(name: str, where: str) -> None:
    device = torch.device(where)
    with lane(device):
        codec, clip = learned(name, device), pictures_on(device, 5)
        together = [unit.payload for unit in codec.encode(clip).units]
        alone = [codec.encode(clip[number : number + 1]).units[0].payload for number in range(5)]
    assert alone == together


@on_each_device
def test_a_video_has_the_same_bytes_however_it_is_cut(where: str) -> None:
    device = torch.device(where)
    clip = pictures_on(device, 9, consecutive=True)
    coded = []
    with lane(device):
        for cut in (1, 4, 9):
            encoder = sessions.open_encoder(learned("ssf2020", device, gop="4"), Stream.of(clip))
            units = [unit for first in range(0, 9, cut) for unit in encoder.push(clip[first : first + cut])]
            coded.append([unit.payload for unit in (*units, *encoder.finish())])
    assert coded[0] == coded[1] == coded[2]


@on_each_device
@pytest.mark.parametrize("name", ["mbt2018", "cheng2020-anchor"])
def test_shapes_that_come_again_and_again_keep_their_bytes_beside_other_lanes(name: str, where: str) -> None:
    """Recordings are made at the second use of a shape, while other lanes compute."""
    device, rounds, wrong = torch.device(where), 3, []
    heights = (64, 80, 128)
    expected = {}
    with lane(device):
        for height in heights:
            clip = pictures_on(device, 2, height=height)
            expected[height] = [unit.payload for unit in learned(name, device).encode(clip).units]

    def work() -> None:
        with lane(device) as fence:
            codec = learned(name, device)
            for height in heights * rounds:
                clip = pictures_on(device, 2, height=height)
                bitstream, pixels = codec.encode_with_reconstruction(clip)
                is_right = [unit.payload for unit in bitstream.units] == expected[height]
                if not is_right or not torch.equal(codec.decode(bitstream), pixels):
                    wrong.append(height)
            fence()

    lanes = [threading.Thread(target=work) for _ in range(3)]
    for thread in lanes:
        thread.start()
    for thread in lanes:
        thread.join()
    assert wrong == []


@on_each_device
@pytest.mark.parametrize("name", TRADITIONAL)
def test_a_traditional_codec_writes_the_bytes_of_the_cpu(name: str, where: str) -> None:
    device = torch.device(where)
    knob = CODECS[name].knob
    point = OperatingPoint(name, None if knob is None else knob.defaults[0])
    try:
        with lane(device):
            coded = sessions.encode(codecs.make(point, device), pictures_on(device, consecutive=True))
            frames = sessions.decode(codecs.make(point, device), coded)
        reference = sessions.encode(codecs.make(point, CPU), pictures_on(CPU, consecutive=True))
    except MissingExtra as error:
        pytest.skip(str(error))
    assert [unit.payload for unit in coded.units] == [unit.payload for unit in reference.units]
    assert torch.equal(frames.cpu(), sessions.decode(codecs.make(point, CPU), reference))


@on_each_device
def test_fused_metrics_have_the_values_of_the_cpu(where: str) -> None:
    device = torch.device(where)
    reference, distorted = pictures(3, 190, 181, seed=1), pictures(3, 190, 181, seed=2)
    try:
        with lane(device):
            values = measure(reference.to(device), distorted.to(device), FUSED)
        expected = measure(reference, distorted, FUSED)
    except (MissingData, MissingExtra) as error:
        pytest.skip(str(error))
    for name in FUSED:
        assert torch.allclose(values[name].cpu(), expected[name], rtol=1e-5, atol=1e-7), name


@on_each_device
@pytest.mark.parametrize("name", MADE)
def test_a_task_has_the_rows_of_the_cpu_but_for_roundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, where: str
) -> None:
    device, real_make = torch.device(where), tasks.make
    made = []
    for chosen in (device, CPU):
        monkeypatch.setattr(tasks, "make", lambda spec, _, chosen=chosen: real_make(spec, chosen))
        task, clip = MADE[name][1](tmp_path), clip_for(name)
        with lane(chosen):
            made.append(task.predict(clip.with_frames(clip.frames.to(chosen))))
    for rows, expected in zip(*made, strict=True):
        assert len(rows) == len(expected)
        for row, other in zip(rows, expected, strict=True):
            assert row.keys() == other.keys()
            for key, value in other.items():
                if isinstance(value, float):
                    assert row[key] == pytest.approx(value, rel=1e-3, abs=1e-3), (name, key)


@on_each_device
def test_a_run_has_the_rows_of_the_cpu_and_of_one_lane(tmp_path: Path, where: str) -> None:
    folder = write_pictures(tmp_path / "pictures", 7)
    tables = {}
    for name, device, lanes in (("there", where, 3), ("one", where, 1), ("cpu", "cpu", 1)):
        asked = ahc.Experiment(str(folder), ("jpeg@30,80", "webp@50"), tmp_path / name, device=device, lanes=lanes)
        for _ in ahc.run(replace(asked, clip_frames=2)):
            pass
        rows = runs.open(tmp_path / name).frames.to_pandas().drop(columns="start")
        tables[name] = rows.sort_values(["item", "codec", "quality"], ignore_index=True)
    assert tables["there"].equals(tables["one"])
    for column in tables["cpu"]:
        ours, reference = tables["there"][column], tables["cpu"][column]
        if column in METRICS:
            assert ours.to_list() == pytest.approx(reference.to_list(), rel=1e-5, nan_ok=True), column
        else:
            assert ours.equals(reference), column
