"""Names and texts of strangers that hold escape sequences, line breaks and marks that turn the direction of writing:
none reaches a terminal or a page."""

from __future__ import annotations

import ast
import json
import logging
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from ahc_stream import cli as commands
from ahc_stream.cli import app
from ahc_stream.cli.logs import ReadableFormatter
from ahc_stream.cli.terminal import say
from ahc_stream.core.errors import AhcStreamError, UnknownName
from ahc_stream.core.file_names import readable
from ahc_stream.core.json_text import json_text
from ahc_stream.datasets import load
from tests.cli.conftest import Cli
from tests.container.crafted import content_of, signed
from tests.datasets.test_bsds500 import write_truth
from tests.pictures import picture, write_pictures
from tests.sources.made import CASES

RANGES = (range(0x20), range(0x7F, 0xA0), range(0x2028, 0x202F), range(0x2066, 0x206A), (0x61C, 0x200E, 0x200F))
CONTROLS = frozenset(chr(number) for numbers in RANGES for number in numbers)
"""C0, DEL and C1, Unicode's line ends, and the marks of direction of UAX 9."""

NASTY = (
    "\x1b]0;owned\x07\x1b[2J", "new\nline", "\x9b31m", "\u202egpj", "\u2066a\u2069", "\rover", "\x7f\x08", "\u2028\x85",
)  # fmt: skip


def check(*texts: str) -> None:
    for text in texts:
        found = {character for character in text if character in CONTROLS and character != "\n"}
        assert not found, f"{found} in {text!r}"


@given(st.text())
def test_every_text_becomes_one_line_without_controls(text: str) -> None:
    shown = readable(text)
    assert not set(shown) & CONTROLS
    assert shown == text or set(text) & CONTROLS
    assert readable(shown) == shown


@given(st.text(st.sampled_from(sorted(CONTROLS))))
def test_json_and_errors_hold_none(text: str) -> None:
    assert json.loads(json_text({text: text})) == {text: text}
    check(json_text([text]), str(UnknownName.among("codec", text, [text, "jpeg"])))
    assert "\n" not in str(AhcStreamError(text, text, text))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose name, pictures, folders, broken files, links and odd suffixes are all of them nasty."""
    root = tmp_path_factory.mktemp("data") / f"set {NASTY[0]}{NASTY[3]}"
    pictures = sorted(write_pictures(root.parent / "made", len(NASTY)).iterdir())
    for path, nasty in zip(pictures, NASTY, strict=True):
        put(root / f"folder {nasty}" / f"picture {nasty}.png", path.read_bytes())
        put(root / f"broken {nasty}.png", b"no picture")
        put(root / f"labels {nasty}.xml", b"")
        put(root / f"odd.x{nasty}", b"")
        (root / f"nowhere {nasty}").symlink_to(root / "missing")
    put(root / f"film {NASTY[1]}.mkv", (CASES / "cover.mkv").read_bytes())
    put(root / f"cut {NASTY[2]}.mkv", (CASES / "hevc_lost.mkv").read_bytes())
    return root


def put(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def invoked(caplog: pytest.LogCaptureFixture, *words: str | Path, codes: Sequence[int] = (0,)) -> str:
    """What a command prints and logs, after it was looked at."""
    caplog.clear()
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code in codes, done.output
    formatter = ReadableFormatter()
    check(done.output, *map(formatter.format, caplog.records))
    return done.output


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder and a home, both of them nasty."""
    folder = tmp_path / f"here {''.join(NASTY).replace('/', '')}"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AHC_STREAM_HOME", str(folder / "home\x1b[1m"))
    return folder


def test_a_run_its_report_and_what_looks_at_it(data: Path, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    words = ("-c", "jpeg@50,90", "--metric", "psnr", "--no-task", "--save-recon", "--max-failures", "99")
    text = invoked(caplog, "run", data, *words, codes=(3,))
    assert r"\x1b" in text and r"\u202e" in text and len(caplog.records) >= len(NASTY)
    (out,) = (home / "runs").iterdir()
    check(out.name)
    for command in (("report", out), ("report", out, "--json"), ("verify", out), ("verify", out, "--deep")):
        invoked(caplog, *command)
    invoked(caplog, "run", data, *words, "--out", "again\x1b[7m", codes=(3,))
    invoked(caplog, "compare", out, "again\x1b[7m")
    invoked(caplog, "run", data, *words, "--profile", "1", codes=(0, 3))
    pages = [*home.rglob("*.html")]
    assert len(pages) == 2
    for page in pages:
        check(page.read_text())
        assert r"broken \\u202egpj" in page.read_text() or "against" in page.read_text()
    (tables,) = (json.loads(path.read_text()) for path in out.glob("manifest.json"))
    starts = [{name: value for name, value in start.items() if name != "folder"} for start in tables["starts"]]
    check(
        json.dumps(starts, ensure_ascii=False)
    )  # the folder is a path, which is found again as it is; the file is ASCII
    check((out / "manifest.json").read_text())


def test_files_in_and_out(data: Path, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    pictures = home / "pictures\x1b[3m"
    for path in data.rglob("picture*.png"):
        put(pictures / path.relative_to(data), path.read_bytes())
    put(pictures / f"odd.x{NASTY[0]}", b"")
    assert r"\x1b" in invoked(caplog, "encode", pictures, "-o", "x\x1b.ahc", "-c", "jpeg@50")
    text = invoked(caplog, "inspect", "x\x1b.ahc")
    assert r"folder \u202egpj/picture \u202egpj" in text
    invoked(caplog, "inspect", "x\x1b.ahc", "--json")
    invoked(caplog, "decode", "x\x1b.ahc", "-o", "out\x1b")
    for film in data.glob("film*.mkv"):
        assert "2 video streams" in invoked(caplog, "encode", film, "-o", "y.ahc", "-c", "h264@30")
        assert "note: 2 video streams" in invoked(caplog, "decode", "y.ahc", "-o", "y.mkv")


def test_a_coded_file_that_was_crafted(tmp_path: Path, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Names, notes, options and the source of an .ahc file are as its writer pleases."""
    write_pictures(tmp_path / "in", len(NASTY))
    invoked(caplog, "encode", tmp_path / "in", "-o", "x.ahc", "-c", "jpeg@50")
    content = content_of(Path("x.ahc"))
    header = replace(content.header, source=NASTY[0], device=NASTY[3], about={"notes": list(NASTY), "a\x1b": NASTY[1]})
    segment = replace(content.segments[0], names=NASTY)
    Path("crafted.ahc").write_bytes(signed(replace(content, header=header, segments=(segment,))))
    text = invoked(caplog, "inspect", "crafted.ahc")
    assert len(re.findall(r"^note ", text, re.MULTILINE)) == len(NASTY)
    invoked(caplog, "inspect", "crafted.ahc", "--json")
    assert text.count("\n") == len(invoked(caplog, "inspect", "crafted.ahc", "--no-table").split("\n")) + len(NASTY)
    invoked(caplog, "decode", "crafted.ahc", "-o", "out")
    written = [path.name for path in Path("out").iterdir()]
    assert len(written) == len(NASTY)
    check(*written)


def test_a_run_folder_that_was_crafted(data: Path, home: Path, caplog: pytest.LogCaptureFixture) -> None:
    invoked(
        caplog, "run", write_pictures(home / "in", 3), "-c", "jpeg@50", "--metric", "psnr", "--no-task", "--out", "o"
    )
    path = home / "o" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["dataset"]["name"] = "".join(NASTY)
    manifest["starts"][0]["notes"] = list(NASTY)
    manifest["starts"][0]["versions"] |= {NASTY[0]: NASTY[1]}
    manifest["metrics"]["psnr"] = NASTY[0]
    path.write_text(json.dumps(manifest))
    invoked(caplog, "report", "o")
    check((home / "o" / "report" / "index.html").read_text())
    manifest["format"] = NASTY[0]
    path.write_text(json.dumps(manifest))
    invoked(caplog, "verify", "o", codes=(1,))


def test_what_is_here(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    for command in (("doctor",), ("list",), ("data", "list"), ("data", "check", "kodak", "mot17", "yolov5n")):
        invoked(caplog, *command, codes=(0, 2))


def test_edge_maps_of_others(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    grey = picture(8, 9)[:, :, 0]
    for folder in ("maps", "truth"):
        (home / folder).mkdir()
    for nasty in NASTY[:3]:
        write_truth(home / "truth" / f"map {nasty}.mat", [grey > 128])
        for name in (f"map {nasty}", f"extra {nasty}"):
            Image.fromarray(grey).save(home / "maps" / f"{name}.png")
    text = invoked(caplog, "score", "edges", "--maps", "maps", "--truth", "truth", "--thresholds", "2")
    assert "left out" in text


YAML, INI = "data.yaml", "A\x1b/seqinfo.ini"
SEQUENCE = {"A\x1b/img1/000001.png": ""}
PICTURES = [{"id": "\x1b\u202e", "file_name": "\x1b[2J.png"}]
CATEGORIES = [{"id": 1, "name": 5}]
LABELS = {
    "names of yolo": {YAML: 'val: images\nnames: ["a\\e[2J", "b\\n"]\n', "labels/a.txt": "9 0 0 1 1\n"},
    "rows of yolo": {YAML: "val: images\nnames: [a]\n", "labels/a.txt": "\x1b[2J\u202e 0.5 0.5 0.1 0.1\n"},
    "split of yolo": {YAML: 'val: "\\e[2J"\nnames: [a]\n'},
    "coco": {"instances.json": json.dumps({"images": PICTURES, "annotations": 7})},
    "coco name": {"instances.json": json.dumps({"images": [], "annotations": [], "categories": CATEGORIES})},
    "a list": {"list.txt": "\x1b[2J\u202e.png\n"},
    "mot": {INI: "[Sequence]\nimDir=\x1b[2J\u202e\n", **SEQUENCE},
    "mot truth": {INI: "[Sequence]\nimDir=img1\nframeRate=\x9b\n", **SEQUENCE},
}


@pytest.mark.parametrize("kind", LABELS)
def test_errors_about_tables(kind: str, tmp_path: Path) -> None:
    files = {"images/a.png": "", **LABELS[kind]} if "mot" not in kind else LABELS[kind]
    for name, text in files.items():
        write_pictures(tmp_path / "made", 1)
        made = (tmp_path / "made" / "000.png").read_bytes()
        put(tmp_path / "in\x1b" / name, text.encode() if text else made)
    target = tmp_path / "in\x1b" / ("list.txt" if kind == "a list" else "")
    with pytest.raises(AhcStreamError) as error:
        load(target)
    check(str(error.value))
    assert "\n" not in str(error.value)


def test_class_folders_with_such_names_are_classes_that_can_be_shown(tmp_path: Path) -> None:
    write_pictures(tmp_path / "made", 2)
    for nasty in NASTY:
        for name in ("000", "001"):
            made = (tmp_path / "made" / f"{name}.png").read_bytes()
            put(tmp_path / "set" / f"class {nasty}" / f"{name}.png", made)
    dataset = load(tmp_path / "set")
    names = dataset.labels["classification"]["class_name"].to_pylist()
    check(*names, *dataset.names, *dataset.notes)
    assert len(set(names)) == len(NASTY) and not any("\n" in name for name in names)


@pytest.mark.timeout(300)
def test_errors_and_warnings_of_a_real_process(cli: Cli, data: Path, tmp_path: Path) -> None:
    copied = shutil.copytree(data, tmp_path / "d", symlinks=True)
    done = cli("run", copied, "-c", "jpeg@50", "--metric", "psnr", "--no-task", "--max-failures", "99", "--out", "o")
    assert done.returncode == 3
    check(done.stdout, done.stderr)
    broken = next(copied.glob("broken*.png"))
    for words in (
        ("encode", broken, "-o", "x.ahc", "-c", "jpeg@50"),
        ("run", "no\x1b[2J\u202e", "-c", "jpeg"),
        ("inspect", broken),
    ):
        done = cli(*words)
        assert done.returncode == 2 and done.stderr.count("\n") <= 2, done.stderr
        check(done.stdout, done.stderr)


def test_a_log_record_of_several_lines_stays_so() -> None:
    record = logging.LogRecord("x", logging.WARNING, "x", 1, "a\x1b[2J\nb", None, None)
    assert ReadableFormatter("%(message)s").format(record) == "a\\x1b[2J\nb"


def test_a_line_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\nb\x1b")
    say("c\u2028", stderr=True)
    assert tuple(capsys.readouterr()) == ("a\\nb\\x1b\n", "c\\u2028\n")


def printed_past_the_door() -> Iterator[str]:
    for path in Path(commands.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            echoed = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "echo"
            if (named and path.name != "terminal.py") or echoed:
                yield f"{path.name}:{node.lineno}"


def test_commands_print_through_the_door() -> None:
    assert list(printed_past_the_door()) == []
