"""TensorBoard's own reader on what is written for it."""

from __future__ import annotations

from pathlib import Path

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from ahc_stream.trackers.tensorboard_events import TensorboardEvents


def test_its_reader_has_every_value_at_its_step(tmp_path: Path) -> None:
    tracker = TensorboardEvents(tmp_path, {"codecs": "jpeg@30, webp@50", "device": "cpu"})
    tracker.progress({"frames": 10, "frames_per_second": 2.5})
    tracker.progress({"frames": 30, "frames_per_second": 3.5})
    for place, (bpp, psnr) in enumerate([(0.25, 30.0), (0.5, 33.5)]):
        tracker.point("jpeg (subsampling=420)", place, {"bpp": bpp, "psnr": psnr})
    tracker.file(tmp_path / "not there")
    tracker.close(True)
    (folder,) = (tmp_path / "tensorboard").iterdir()
    events = EventAccumulator(str(folder)).Reload()
    scalars = {tag: [(each.step, each.value) for each in events.Scalars(tag)] for tag in events.Tags()["scalars"]}
    assert scalars["progress/frames_per_second"] == [(10, 2.5), (30, 3.5)]
    (psnr,) = (values for tag, values in scalars.items() if tag.startswith("jpeg") and tag.endswith("/psnr"))
    (bpp,) = (values for tag, values in scalars.items() if tag.startswith("jpeg") and tag.endswith("/bpp"))
    assert psnr == [(0, 30.0), (1, 33.5)] and bpp == [(0, 0.25), (1, 0.5)]
    (text,) = events.Tensors("parameters/text_summary")
    assert "| codecs | `jpeg@30, webp@50` |" in text.tensor_proto.string_val[0].decode()


def test_each_start_has_a_record_of_its_own(tmp_path: Path) -> None:
    for _ in range(3):
        TensorboardEvents(tmp_path, {}).close(True)
    assert len(list((tmp_path / "tensorboard").iterdir())) == 3
