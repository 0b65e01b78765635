"""The file that says how programs are called: every mistake in it is told before any work."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import codecs
from ahc_stream.codecs.programs.command import Command
from ahc_stream.core.errors import InvalidValue, MissingData
from tests.codecs.programs.programs import write


def test_words_are_split_as_a_shell_would_and_no_shell_reads_them() -> None:
    command = Command.parse("encoder", "echo 'a b' \"{in}\" x\\ y $HOME; rm *", ("in",))
    assert command.words == ("echo", "a b", "{in}", "x y", "$HOME;", "rm", "*")
    assert command.placeholders == {"in"}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"encoder": "true {in} {bitstream} {speed}"}, r"placeholders of the encoder that are known.*\{speed\}"),
        ({"decoder": "true {bitstream} {recon} {}"}, r"placeholders of the decoder"),
        ({"encoder": "true 'x {in} {out}"}, "close the quotes|Close the quotes"),
        ({"encoder": "true {bitstream}"}, r"\{in\} in the encoder"),
        ({"encoder": "true {in}"}, r"\{bitstream\} or \{out\} in the encoder"),
        ({"decoder": "true {in}"}, r"\{out\} or \{recon\} in the decoder"),
        ({"speed": 3}, "the keys encoder, decoder"),
        ({"pixel_format": "yuv444p"}, "pixel_format yuv420p or png"),
        ({"suffix": "../x"}, "a suffix"),
        ({"timeout": 0}, "timeout in positive numbers"),
        ({"timeout": True}, "timeout in positive numbers"),
        ({"qualities": 22}, "qualities as a list"),
        ({"qualities": ["a"]}, "qualities in positive numbers"),
        ({"options": {"qp": 3}}, "options"),
        ({"options": {"preset": "slow"}}, r"\{preset\} in the encoder or decoder"),
        ({"decoder": 7}, "decoder as a text"),
    ],
)
def test_a_mistake_in_the_file_is_named_with_the_file(toml: Path, wrong: dict, says: str) -> None:
    with pytest.raises(InvalidValue, match=says) as refusal:
        codecs.parse(write(toml, **wrong))
    assert "mine.toml" in str(refusal.value)


def test_what_is_not_there_is_said_before_any_work(toml: Path) -> None:
    with pytest.raises(MissingData, match="no such file"):
        codecs.parse(f"exec:{toml}")
    with pytest.raises(MissingData, match="the encoder no-such-encoder"):
        codecs.parse(write(toml, "no-such-encoder {in} {out}"))
    toml.write_text("encoder = ")
    with pytest.raises(InvalidValue, match=r"a \.toml file"):
        codecs.parse(f"exec:{toml}")


def test_qualities_stand_behind_the_sign_or_in_the_file(toml: Path) -> None:
    text = write(toml, "true {in} {out} {qp}", qualities=[22, 27])
    assert [point.quality for point in codecs.parse(text)] == [22, 27]
    assert [str(point) for point in codecs.parse(f"{text}@30:range=full")] == [
        "exec:mine@30:matrix=bt709:range=full:segment=none"
    ]
    assert codecs.parse("exec:mine@30") == codecs.parse(f"{text}@30"), "by its name, once it is known"
    with pytest.raises(InvalidValue, match="without a quality"):
        codecs.parse(write(toml) + "@22")
    with pytest.raises(InvalidValue, match="no quality"):
        codecs.parse(write(toml, "true {in} {out} {qp}"))


def test_two_files_of_one_name_are_refused(toml: Path, tmp_path: Path) -> None:
    codecs.parse(write(toml))
    (tmp_path / "other").mkdir()
    with pytest.raises(InvalidValue, match="Rename one of the files"):
        codecs.parse(write(tmp_path / "other" / "mine.toml"))
