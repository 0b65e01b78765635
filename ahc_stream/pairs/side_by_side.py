"""Two streams of clips, walked in step."""

from __future__ import annotations

from collections.abc import Iterator

from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import MediaError
from ahc_stream.core.wording import counted


def side_by_side(reference: Iterator[Clip], distorted: Iterator[Clip], name: str) -> Iterator[tuple[Clip, Clip]]:
    """The same frames of both, as many at a time as both have at hand, however each is cut.

    Raises MediaError, behind all frames that are there in both, where a size or the number of frames differs; and what
    either of them raises.
    """
    left = right = None
    frames = 0
    while True:
        left = next(reference, None) if left is None else left
        right = next(distorted, None) if right is None else right
        if left is None or right is None:
            break
        if left.frames.shape[1:] != right.frames.shape[1:]:
            got = f"{left.width} x {left.height} and {right.width} x {right.height} from frame {left.keys[0].frame} on"
            raise MediaError(f"frames of one size in both of {name}", got, "resize or crop one of them first")
        count = min(len(left), len(right))
        yield left[:count], right[:count]
        frames += count
        left, right = _rest(left, count), _rest(right, count)
    if left is not None or right is not None:
        shorter, longer = ("the reference", "the other") if left is None else ("the other", "the reference")
        got = f"{counted(frames, 'frame')} in {shorter}, and more in {longer}"
        todo = "values are of the frames that both have, by their numbers; --frames A:B takes a part of both"
        raise MediaError(f"as many frames in both of {name}", got, todo)


def _rest(clip: Clip, count: int) -> Clip | None:
    return clip[count:] if count < len(clip) else None
