"""What the manifest says, for people: the command, the bottleneck, the memory."""

from __future__ import annotations

import shlex

from ahc_stream.report.origin import bottleneck, command, memory, stages
from ahc_stream.runs import manifest
from tests.report.runs import ORIGINAL, loads, request


def made(**experiment) -> dict:
    asked = request((ORIGINAL,), 3, task=False)
    known = manifest.merged(None, asked)
    known["experiment"] |= experiment
    known["starts"] = [manifest.start_entry(1, asked) | {"loads": loads(3), "peak_memory_gib": 1.5}]
    return known


def test_the_command_is_shell_quoted_and_has_what_moves_rows() -> None:
    known = made(
        dataset="/data/my pictures",
        codecs=["h265@22,27:preset=fast"],
        tasks=["detection:model=a b.pt"],
        metrics=["psnr"],
        root=None,
        weights="random:3",
        device="cuda",
        lanes=3,
        clip_frames=8,
        limit=5,
        precision="tf32",
        clean=False,
        save_recon=True,
        out="runs/x",
    )
    words = shlex.split(command(known))
    assert words[:3] == ["ahc-stream", "run", "/data/my pictures"] and words[-2:] == ["--out", "runs/x"]
    for pair in (["--codec", "h265@22,27:preset=fast"], ["--task", "detection:model=a b.pt"], ["--metric", "psnr"],
                 ["--weights", "random:3"], ["--clip-frames", "8"], ["--limit", "5"],
                 ["--precision", "tf32"]):  # fmt: skip
        assert any(words[at : at + 2] == pair for at in range(len(words))), pair
    assert "--no-clean" in words and "--save-recon" in words
    assert not {"--device", "--lanes", "--root", "--no-task"} & set(words)


def test_the_command_has_the_words_of_the_command_line() -> None:
    """It had `--read-as yolo` and `--frames '[3, 7]'`, which no command takes."""
    words = shlex.split(command(made(read_as="yolo", frames=[3, 7], every=2, fps=25.0, labels="a b.json")))
    for pair in (["--as", "yolo"], ["--frames", "3:7"], ["--every", "2"], ["--fps", "25.0"], ["--labels", "a b.json"]):
        assert any(words[at : at + 2] == pair for at in range(len(words))), (pair, words)
    assert "--fps slow" in command(made(fps="slow"))
    open_end = shlex.split(command(made(frames=[3, None])))
    assert open_end[open_end.index("--frames") + 1] == "3:"


def test_a_run_without_tasks_says_so() -> None:
    assert "--no-task" in command(made())


def test_loads_are_summed_and_the_bottleneck_is_told() -> None:
    table = stages(made()["starts"] * 2)
    assert table["stage"].to_pylist() == ["open", "codec"] and table["busy_seconds"].to_pylist() == [2.0, 18.0]
    said = bottleneck(table)
    assert said == "The bottleneck is codec: it was busy 90% of the time, while open was starved for 14 s."
    assert "No finished start" in bottleneck(stages([]))


def test_memory_is_told_where_it_was_recorded() -> None:
    (start,) = made()["starts"]
    assert memory([start]).startswith(
        "At most 12 clips of 16 frames were on their way at once; the process held 1.5 GiB"
    )
    sized = memory([start | {"most_alive": {"clips": 2, "clip_frames": 16, "clip_bytes": 256_000_000}}])
    assert sized.startswith("At most 2 clips of 16 frames and 256 MB each were on their way at once;")
    one = memory([start | {"most_alive": {"clips": 1, "clip_frames": 1, "frames": 1}}])
    assert one.startswith("At most 1 clip of 1 frame was on its way at once; encoders held back 1 frame at most;")
    del start["peak_memory_gib"]
    assert memory([start | {"most_alive": {}}]) == "The run did not record its memory."
