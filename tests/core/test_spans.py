"""core/spans.py: spans are recorded while somebody asks, summed by name, and drawn by trace viewers."""

from __future__ import annotations

import threading
import time

import pytest
import torch

from ahc_stream.core import spans
from ahc_stream.core.spans import span


def test_nothing_is_kept_while_nobody_records():
    with span("metric", "ssim"):
        pass
    with spans.recorded() as timeline:
        pass
    with span("metric", "ssim"):
        pass
    assert timeline.spans == []


def test_spans_of_all_threads_are_summed_by_kind_and_name():
    def work() -> None:
        with span("stage", "codec"), span("encode", "jpeg@50"):
            time.sleep(0.02)

    with spans.recorded() as timeline:
        threads = [threading.Thread(target=work, name=f"codec-{number}") for number in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with span("encode", "h264@23"):
            pass
    jpeg, h264, stage = timeline.totals()
    assert (jpeg.kind, jpeg.name, jpeg.calls) == ("encode", "jpeg@50", 3) and jpeg.seconds >= 0.06
    assert (h264.name, h264.calls) == ("h264@23", 1)
    assert stage.kind == "stage" and stage.seconds >= jpeg.seconds


def test_work_that_fails_is_a_span_too():
    with spans.recorded() as timeline, pytest.raises(ValueError), span("task", "detection"):
        raise ValueError
    assert [total.name for total in timeline.totals()] == ["detection"]


def test_a_steps_time_is_its_own_and_not_its_consumers():
    def step(item: int) -> list[int]:
        return [item, item + 1]

    with spans.recorded() as timeline:
        for _ in spans.spanned("open", step)(1):
            time.sleep(0.03)
    (total,) = timeline.totals()
    assert total.calls == 3 and total.seconds < 0.03


def test_the_trace_has_a_row_for_each_thread_and_times_in_microseconds():
    with spans.recorded() as timeline:
        with span("stage", "open"):
            time.sleep(0.01)
        with span("metric", "psnr"):
            pass
    named, first, second = timeline.trace()["traceEvents"]
    assert named["args"]["name"] == threading.current_thread().name
    assert first["ts"] == 0 and 10_000 <= first["dur"] < 1e6 and first["tid"] == named["tid"]
    assert (second["cat"], second["name"]) == ("metric", "psnr") and second["ts"] >= 10_000


def test_one_profile_at_a_time():
    with spans.recorded(), pytest.raises(AssertionError, match="one profile"), spans.recorded():
        pass


def test_on_a_gpu_spans_are_ranges_for_nvidias_profilers(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(torch.cuda.nvtx, "range_push", said.append)
    monkeypatch.setattr(torch.cuda.nvtx, "range_pop", lambda: said.append("end"))
    with spans.marked_for_nvidia(torch.device("cpu")), span("codec", "none"):
        pass
    with spans.marked_for_nvidia(torch.device("cuda", 0)), span("encode", "ssf2020"), span("metric", "ssim"):
        pass
    with span("metric", "afterwards"):
        pass
    assert said == ["encode: ssf2020", "metric: ssim", "end", "end"]
