"""The table's rows of video encoders."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ahc_stream.codecs.entry import CodecEntry
from ahc_stream.codecs.knob import Knob
from ahc_stream.codecs.row_options import X26X_PRESETS, choice, number
from ahc_stream.codecs.traditional import delay
from ahc_stream.codecs.traditional.coding import (
    BUFFER,
    CODING_OPTIONS,
    RATE,
    settle_svtav1,
    settle_x26x,
)

_FFMPEG = "ahc_stream.codecs.traditional.ffmpeg:Ffmpeg"
_PROGRAM = "ahc_stream.codecs.traditional.program_codecs:ProgramCodec"

_X264_TUNES = "none psnr ssim film animation grain stillimage fastdecode zerolatency"
_X265_TUNES = "none psnr ssim grain animation fastdecode zerolatency"
_X26X_PIXEL_FORMATS = "yuv420p yuv422p yuv444p yuv420p10le yuv444p10le"
_AV1_PIXEL_FORMATS = "yuv420p yuv444p yuv420p10le"
_SAMPLING_AND_DEPTH = "Chroma sampling and bit depth."
_ENCODER_PROGRAM = "ahc_stream.codecs.traditional.program_codecs:encoder_program"
_IN_PROGRAM = "in the ffmpeg program of imageio-ffmpeg, decoded by PyAV"

VIDEOS: Mapping[str, CodecEntry] = {
    "h264": CodecEntry(
        _FFMPEG,
        "H.264, x264",
        "traditional",
        "video",
        Knob("x264 CRF", 0, 51, (18, 23, 28, 33, 38), higher_is_better=False, whole=False, control="crf"),
        {
            "bframes": number(3, 0, 16, "Most B frames in a row."),
            "pixel_format": choice("yuv420p", _X26X_PIXEL_FORMATS, _SAMPLING_AND_DEPTH),
            "preset": choice("medium", X26X_PRESETS, "x264 preset: speed against size."),
            "tune": choice(
                "none",
                _X264_TUNES,
                "x264 tune; zerolatency has no B frames, and holds a frame in each thread but one.",
            ),
            **BUFFER,
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        settle=settle_x26x,
        frames_held=delay.x264,
    ),
    "h265": CodecEntry(
        _FFMPEG,
        "H.265, x265",
        "traditional",
        "video",
        Knob("x265 CRF", 0, 51, (22, 27, 32, 37, 42), higher_is_better=False, whole=False, control="crf"),
        {
            "bframes": number(4, 0, 16, "Most B frames in a row."),
            "pixel_format": choice("yuv420p", _X26X_PIXEL_FORMATS, _SAMPLING_AND_DEPTH),
            "preset": choice("medium", X26X_PRESETS, "x265 preset: speed against size."),
            "tune": choice("none", _X265_TUNES, "x265 tune; zerolatency has no B frames, and holds none back."),
            **BUFFER,
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        settle=settle_x26x,
        frames_held=delay.x265,
    ),
    "av1": CodecEntry(
        _FFMPEG,
        "AV1, SVT-AV1",
        "traditional",
        "video",
        Knob("SVT-AV1 CRF", 1, 63, (25, 32, 39, 46, 55), higher_is_better=False, control="crf"),
        {
            "pixel_format": choice("yuv420p", "yuv420p yuv420p10le", _SAMPLING_AND_DEPTH),
            "preset": number(8, 0, 13, "SVT-AV1 preset: lower is slower and smaller."),
            "tune": choice("psnr", "vq psnr ssim", "SVT-AV1 tune."),
            **BUFFER,
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        instead={"encoder": "write av1-aom@32 or av1-rav1e@128; av1 is SVT-AV1"},
        settle=settle_svtav1,
        frames_held=delay.svtav1,
    ),
    "av1-aom": CodecEntry(
        _PROGRAM,
        f"AV1, libaom {_IN_PROGRAM}",
        "traditional",
        "video",
        Knob("libaom CRF", 0, 63, (25, 32, 39, 46, 55), higher_is_better=False, control="crf"),
        {
            "pixel_format": choice("yuv420p", _AV1_PIXEL_FORMATS, _SAMPLING_AND_DEPTH),
            "preset": number(6, 0, 6, "libaom cpu-used: lower is slower and smaller."),
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        frames_held=partial(delay.in_program, "av1-aom"),
        encoder_program=_ENCODER_PROGRAM,
    ),
    "av1-rav1e": CodecEntry(
        _PROGRAM,
        f"AV1, rav1e {_IN_PROGRAM}",
        "traditional",
        "video",
        Knob("rav1e quantiser", 1, 255, (100, 128, 156, 184, 220), higher_is_better=False, control="qp"),
        {
            "pixel_format": choice("yuv420p", _AV1_PIXEL_FORMATS, _SAMPLING_AND_DEPTH),
            "preset": number(6, 0, 10, "rav1e speed: lower is slower and smaller."),
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        frames_held=partial(delay.in_program, "av1-rav1e"),
        encoder_program=_ENCODER_PROGRAM,
    ),
    "vp9": CodecEntry(
        _FFMPEG,
        "VP9, libvpx",
        "traditional",
        "video",
        Knob("libvpx CRF", 0, 63, (24, 32, 40, 48, 56), higher_is_better=False, control="crf"),
        {
            "pixel_format": choice("yuv420p", "yuv420p yuv422p yuv444p yuv420p10le", _SAMPLING_AND_DEPTH),
            "preset": number(4, 0, 8, "libvpx cpu-used: lower is slower and smaller."),
            "tune": choice("psnr", "psnr ssim", "libvpx tune."),
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        frames_held=delay.vpx,
    ),
    "vvc": CodecEntry(
        _PROGRAM,
        f"H.266, vvenc {_IN_PROGRAM}; 10 bits, 4:2:0",
        "traditional",
        "video",
        Knob("QP", 0, 63, (22, 27, 32, 37, 42), higher_is_better=False, control="qp"),
        {
            "preset": choice("faster", "faster fast medium slow slower", "vvenc preset: speed against size."),
            "qpa": choice("1", "0 1", "vvenc's perceptual QP adaptation."),
            **CODING_OPTIONS,
        },
        more_knobs=(RATE,),
        frames_held=partial(delay.in_program, "vvc"),
        encoder_program=_ENCODER_PROGRAM,
    ),
    "ffv1": CodecEntry(
        _FFMPEG,
        "FFV1 version 1, every frame alone, in RGB (FFmpeg's bgr0, reversible colour transform); lossless",
        "traditional",
        "still",
        knob=None,
        options={
            "coder": choice(
                "range", "rice range", "Golomb-Rice codes, or the range coder, which is slower and smaller."
            ),
        },
        is_lossless=True,
    ),
}
"""By name, in the order of listings. Learned ones stand in `table`."""
