"""trial: a clip -> one trial per operating point."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence

from ahc_stream.core.clip import Clip
from ahc_stream.core.errors import CodecError
from ahc_stream.core.failure import Failure
from ahc_stream.core.protocols import Codec
from ahc_stream.core.roundtrip import roundtrip
from ahc_stream.core.trial import Trial
from ahc_stream.tables import ClipKey, clip_key


def make_trial(
    codecs: Sequence[Codec], done: Collection[ClipKey]
) -> Callable[[Clip | Failure], Iterator[Trial | Failure]]:
    """The step over this lane's own `codecs`, passing over what is `done`. A codec that fails leaves the others be."""

    def step(clip: Clip | Failure) -> Iterator[Trial | Failure]:
        if isinstance(clip, Failure):
            yield clip
            return
        for codec in codecs:
            if clip_key(clip.keys[0], codec.point) in done:
                continue
            try:
                yield roundtrip(codec, clip)
            except CodecError as error:
                first = clip.keys[0]
                yield Failure(first.dataset, first.item, "trial", error, first, codec.point)

    return step
