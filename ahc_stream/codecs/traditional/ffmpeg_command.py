"""What the ffmpeg program is to be told, so that it codes as a point does."""

from __future__ import annotations

from ahc_stream.codecs.traditional.coding import MATRIX_TAGS, RANGE_TAGS
from ahc_stream.codecs.traditional.encoders import encoder_of, is_served
from ahc_stream.core.point import OperatingPoint
from ahc_stream.core.segment_length import NONE


def ffmpeg_arguments(point: OperatingPoint) -> tuple[str, ...]:
    """The arguments between input and output, for a codec of PyAV's FFmpeg; none for another codec, and none for a
    point with `segment=`, which is ours.

    Frames are converted from whatever the input holds, straight to the pixel format of the point; here they pass
    through RGB, because that is what tasks see.
    """
    if not is_served(point) or dict(point.options).get("segment", NONE) != NONE:
        return ()
    encoder = encoder_of(point)
    options = encoder.options(point)
    tag, sample_range = MATRIX_TAGS[options["matrix"]], RANGE_TAGS[options["range"]]
    settings = encoder.settings(point.quality, options)
    return (
        *("-vf", f"scale=out_color_matrix={options['matrix']}:out_range={sample_range}"),
        *("-pix_fmt", options["pixel_format"], "-c:v", encoder.name),
        *(word for name, value in settings.items() for word in (f"-{name}", value)),
        *("-g", options["gop"], "-flags", "+cgop", "-threads", options["threads"]),
        *("-colorspace", tag, "-color_primaries", tag, "-color_trc", tag, "-color_range", sample_range),
        "-an",
    )
