"""Which files go together, and what is refused before a frame is decoded."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from ahc_stream.core.errors import InvalidValue, MediaError, MissingData, UnknownName
from ahc_stream.datasets import ReadOptions
from ahc_stream.pairs import Pairs, pair_media
from tests.sources.made import film


def pictures(folder: Path, *names: str, size: tuple[int, int] = (32, 24)) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (9, 99, 9)).save(folder / name)
    return folder


def pairs_of(one: Path, other: Path, **told: str) -> Pairs:
    return pair_media(str(one), str(other), ReadOptions(**told))


def names(pairs: Pairs) -> list[tuple[str, str, str]]:
    return [(pair.name, pair.reference.paths[0].name, pair.distorted.paths[0].name) for pair in pairs.pairs]


def test_folders_are_paired_by_path_without_suffix(tmp_path: Path) -> None:
    one = pictures(tmp_path / "one", "b.png", "a.png", "x/a.png")
    other = pictures(tmp_path / "other", "x/a.bmp", "a.jpg", "b.webp")
    expected = [("a", "a.png", "a.jpg"), ("b", "b.png", "b.webp"), ("x/a", "a.png", "a.bmp")]
    assert names(pairs_of(one, other)) == expected


def test_files_of_one_stem_are_paired_by_their_whole_names(tmp_path: Path) -> None:
    one, other = (pictures(tmp_path / name, "a.png", "a.jpg") for name in ("one", "other"))
    assert names(pairs_of(one, other)) == [("a.jpg", "a.jpg", "a.jpg"), ("a.png", "a.png", "a.png")]
    (other / "a.jpg").unlink()
    with pytest.raises(MissingData, match=r"for 2: a\.jpg, a\.png"):
        pairs_of(one, other)


def test_what_lacks_a_partner_is_named_on_both_sides(tmp_path: Path) -> None:
    one = pictures(tmp_path / "one", *(f"{n}.png" for n in range(8)))
    other = pictures(tmp_path / "other", "0.png", "y.png")
    with pytest.raises(MissingData, match=r"no partner in .*other for 7: 1, 2, 3, 4, 5 and 2 more; .*one for 1: y"):
        pairs_of(one, other)
    single, another = pictures(tmp_path / "s", "s.png"), pictures(tmp_path / "t", "t.png")
    with pytest.raises(MissingData, match="for 1: s; "):
        pairs_of(single, another)


def test_two_files_are_a_pair_whatever_they_are_called(tmp_path: Path) -> None:
    folder = pictures(tmp_path, "a.png", "b.jpg")
    assert names(pairs_of(folder / "a.png", folder / "b.jpg")) == [("a", "a.png", "b.jpg")]
    clips = [film(tmp_path / name, frames=2, size="32x24") for name in ("one.mkv", "two.y4m")]
    assert names(pairs_of(*clips)) == [("one", "one.mkv", "two.y4m")]
    assert names(pairs_of(Path(f"{clips[0]}#0"), clips[1])) == [("one#0", "one.mkv", "two.y4m")]


def test_numbered_pictures_are_the_frames_of_a_video(tmp_path: Path) -> None:
    video = film(tmp_path / "one.mkv", frames=3, size="32x24")
    frames = pictures(
        tmp_path / "frames", *(f"f{n}.png" for n in range(8, 12)), *(f"f{n:02d}.png" for n in range(1, 8))
    )
    for one, other in ((video, frames), (frames, video)):
        (pair,) = pairs_of(one, other).pairs
        sequence = pair.distorted if one is video else pair.reference
        assert sequence.medium == "sequence"
        assert [path.name for path in sequence.paths] == [
            f"f{n:02d}.png" if n < 8 else f"f{n}.png" for n in range(1, 12)
        ]
    (frames / "f05.png").unlink()
    with pytest.raises(InvalidValue, match="none of the number 5"):
        pairs_of(video, frames)
    for wrong, says in (("cover.png", "no number at the end of cover"), ("g1.png", "the number of g1 twice")):
        with pytest.raises(InvalidValue, match=says):
            pairs_of(video, pictures(tmp_path / wrong, "f1.png", wrong))
    with pytest.raises(InvalidValue, match="from 0 or 1 on; got none of the number 1"):
        pairs_of(video, pictures(tmp_path / "late", "10.png", "11.png"))


def test_sizes_that_differ_are_refused_with_both_files(tmp_path: Path) -> None:
    one = pictures(tmp_path / "one", "a.png")
    with pytest.raises(InvalidValue, match=r"32 x 24 in .*one/a\.png and 24 x 32 in .*other/a\.png"):
        pairs_of(one, pictures(tmp_path / "other", "a.png", size=(24, 32)))
    clips = [film(tmp_path / f"{size}.mkv", frames=1, size=size) for size in ("32x24", "48x24")]
    with pytest.raises(InvalidValue, match=r"32 x 24 in .* and 48 x 24 in"):
        pairs_of(*clips)


def test_a_picture_against_a_video_is_refused(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        pictures(folder, "b.png")
    pictures(folders[0], "a.png")
    film(folders[1] / "a.mkv", frames=1, size="32x24")
    with pytest.raises(InvalidValue, match=r"two pictures or two videos; got .*a\.png and .*a\.mkv"):
        pairs_of(*folders)


def test_files_that_cannot_be_opened_are_named(tmp_path: Path) -> None:
    one, other = (pictures(tmp_path / name, "a.png") for name in ("one", "other"))
    (other / "a.png").write_bytes(b"no picture")
    with pytest.raises(MediaError, match=r"other/a\.png"):
        pairs_of(one, other)
    with pytest.raises(UnknownName, match="dataset"):
        pair_media("nothing_here", str(one))
    with pytest.raises(MissingData, match="nothing at"):
        pair_media(str(one), str(tmp_path / "nowhere"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingData, match="images or videos"):
        pairs_of(one, tmp_path / "empty")
    (tmp_path / "text.txt").write_text("no medium")
    with pytest.raises(MediaError, match=r"text\.txt"):
        pairs_of(one, tmp_path / "text.txt")


def test_raw_video_is_told_its_size_and_others_are_not(tmp_path: Path) -> None:
    raw = [tmp_path / name for name in ("one.yuv", "two.yuv")]
    for path in raw:
        path.write_bytes(bytes(32 * 24))
    with pytest.raises(MissingData, match="--size"):
        pairs_of(*raw)
    (pair,) = pairs_of(*raw, size="32x24", pix_fmt="gray").pairs
    assert (pair.width, pair.height) == (32, 24)
    notes = pairs_of(*raw, size="32x24").notes
    assert not any("--fps" in note for note in notes) and any("--pix-fmt" in note for note in notes)
    one = pictures(tmp_path / "one", "a.png")
    with pytest.raises(InvalidValue, match=r"no raw video \(\.yuv\); got --size"):
        pairs_of(one, one, size="32x24")


def test_cuts_take_frames_of_videos_and_every_nth_picture(tmp_path: Path) -> None:
    one, other = (pictures(tmp_path / name, *(f"{n}.png" for n in range(5))) for name in ("one", "other"))
    for folder in (one, other):
        film(folder / "clip.mkv", frames=1, size="32x24")
    pairs = pairs_of(one, other)
    assert [pair.name for pair in pairs.cut(None, 2).pairs] == ["clip", "0", "2", "4"]
    clip = pairs.cut((3, 9), 2).pairs[0]
    assert clip.reference.cut == clip.distorted.cut == range(3, 9, 2)
    assert pairs.cut(None, 1).pairs[1:] == pairs.pairs[1:]
    for frames in ((4, 4), (5, 2), (None, 0)):
        with pytest.raises(InvalidValue, match="0 <= A < B"):
            pairs.cut(frames, 1)
    (one / "clip.mkv").unlink(), (other / "clip.mkv").unlink()
    with pytest.raises(InvalidValue, match="pictures alone"):
        pairs_of(one, other).cut((0, 3), 1)


def test_what_is_passed_over_is_said(tmp_path: Path) -> None:
    one, other = (pictures(tmp_path / name, "a.png") for name in ("one", "other"))
    (one / "notes.doc").write_text("")
    assert any("one: 1 file passed over: 1 .doc" in note for note in pairs_of(one, other).notes)
