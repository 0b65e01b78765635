"""Controls of FFmpeg's encoders: each has an effect, and what one is said to void has none beside it."""

from __future__ import annotations

import av
import pytest

from ahc_stream import codecs
from ahc_stream.codecs.traditional.encoders import encoder_of
from ahc_stream.codecs.traditional.families import FAMILIES, family_of
from ahc_stream.core.errors import InvalidValue
from tests.codecs.traditional.encoding import encode, noise, opened

HERE = [name for name in FAMILIES if not name.endswith(("_nvenc", "_qsv", "_amf", "_v4l2m2m"))]
SIZE = {"vc2": (144, 176), "dnxhd": (1080, 1920)}
"""Height and width; H.261 and H.263 know five sizes only, of which 144 x 176 is the least."""
KBITS = {"vc2": (2_000, 20_000), "mjpeg": (300, 3_000), "speedhq": (300, 3_000)}
FAST = {"libvpx": ":cpu-used=8", "libvpx-vp9": ":cpu-used=8", "libx265": ":preset=ultrafast"}


def bytes_of(text: str, frames: int = 30) -> bytes:
    return encode(text, noise(frames, 144, 176)).payload


def written(name: str, control: str, quality: float) -> str:
    return f"ffmpeg:{name}@{quality:g}:control={control}{FAST.get(name, '')}"


@pytest.mark.parametrize("name", HERE)
def test_every_control_of_an_encoder_buys_bits(name):
    for control in family_of(name).controls:
        knob = control.knob
        worse, better = (20, 4) if not knob.higher_is_better else KBITS.get(name, (60, 2_000))
        if name.startswith("libwebp"):
            worse, better = 20, 80
        sizes = [len(bytes_of(written(name, knob.control, quality))) for quality in (worse, better)]
        assert sizes[0] < 0.95 * sizes[1], (knob.control, sizes)


@pytest.mark.parametrize("name", ["libx264", "libx265", "libsvtav1", "mpeg4", "libvpx-vp9"])
def test_an_encoders_own_defaults_are_none_of_our_qualities(name):
    (point,) = codecs.parse(f"ffmpeg:{name}")
    assert not {"crf", "qp", "b", "qmin"} & encoder_of(point).settings(None, dict(point.options)).keys()


VALUES = {
    "bt": "100000",
    "minrate": "50000",
    "maxrate": "60000",
    "bufsize": "60000",
    "rc_init_occupancy": "30000",
    "crf_max": "24",
    "qcomp": "0.1",
    "qblur": "5",
    "cplxblur": "80",
    "aq-mode": "2",
    "aq-strength": "2",
    "mbtree": "0",
    "rc-lookahead": "0",
    "global_quality": "3000",
    "rc_qmod_amp": "2",
    "rc_qmod_freq": "4",
    "rc_eq": "tex^0.9",
    "undershoot-pct": "10",
    "overshoot-pct": "10",
    "quality": "3",
    "lossless": "1",
}
VOIDED = [
    (name, control.knob.control, option)
    for name in ("libx264", "libx265", "libsvtav1", "mpeg4", "libvpx-vp9")
    for control in family_of(name).controls
    for option in sorted(control.voids & VALUES.keys())
]


@pytest.mark.parametrize(("name", "control", "option"), VOIDED)
def test_an_option_that_a_control_voids_changes_no_byte_or_is_refused_by_the_encoder(
    name, control, option, monkeypatch
):
    text = written(name, control, 300 if control == "bitrate" else 20)
    before = bytes_of(text)
    (point,) = codecs.parse(text)
    encoder = encoder_of(point)
    settings = encoder.settings(point.quality, dict(point.options)) | {option: VALUES[option]}
    monkeypatch.setattr(type(encoder), "settings", lambda *_: settings, raising=False)
    try:
        assert bytes_of(text) == before
    except av.FFmpegError:
        return  # such as SVT-AV1, of a bound beside a bit rate


@pytest.mark.parametrize(("name", "control", "option"), VOIDED)
def test_an_option_that_a_control_voids_is_refused_by_name(name, control, option):
    value = "60k" if option in ("maxrate", "bufsize") else VALUES[option]
    with pytest.raises(InvalidValue, match=f"{option}=.*{control}|an option that"):
        codecs.parse(f"{written(name, control, 300 if control == 'bitrate' else 20)}:{option}={value}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ffmpeg:libx264@23:b=200000", "b=200000 beside ffmpeg:libx264@23.*as @500k"),
        ("ffmpeg:libx264:b=200k", "as @500k"),
        ("ffmpeg:libx264@23:qp=20", "control=qp"),
        ("ffmpeg:libx264@1M:crf=20", "control=crf"),
        ("ffmpeg:libx265@23:qp=20", "control=qp"),
        ("ffmpeg:libvpx-vp9@23:b=1M", "as @500k"),
        ("ffmpeg:mpeg4@4:b=1M", "as @500k"),
        ("ffmpeg:mpeg4@4:qmin=9", "qmin=9 beside @4.*voids"),
        ("ffmpeg:mpeg4@4:global_quality=9", "global_quality=9 beside @4.*voids"),
        ("ffmpeg:libwebp@75:quality=9", "quality=9 beside ffmpeg:libwebp@75"),
        ("ffmpeg:libx264@23:g=9", "gop=32"),
        ("ffmpeg:libx264@23:thread_type=slice", "leave it out|Leave it out"),
        ("ffmpeg:mpeg4@4:sc_threshold=0", "GOPs close"),
        ("ffmpeg:libx264@23:intra-refresh=1", "GOPs begin"),
        ("ffmpeg:mpeg4@4:color_range=pc", "range=limited"),
        ("ffmpeg:mpeg4@4:flags=-cgop", "GOPs are closed"),
        ("ffmpeg:mpeg4@4:flags=+qscale", "behind the name"),
        ("ffmpeg:mpeg4@4:flags=+mv4-cgop", "GOPs are closed"),
        ("ffmpeg:mpeg4@4:flags=mv4", r"\+name"),
        ("ffmpeg:mpeg4@4:flags=+pass1", "one pass"),
        ("ffmpeg:libx264@23:x264-params=crf=20", "crf in x264-params.*@23"),
        ("ffmpeg:libx264@23:x264-params=bitrate=20", "bitrate in x264-params.*@500k"),
        (r"ffmpeg:libx264@23:x264-params=ref=2\:keyint=20", "gop=32"),
        ("ffmpeg:libx264@23:x264-params=threads=2", "threads=4"),
        ("ffmpeg:libx264@23:x264-params=open_gop=1", "GOPs are closed"),
        ("ffmpeg:libx264@23:x264-params=vbv_maxrate=100", "maxrate=1M"),
        ("ffmpeg:libx264@23:x264-params=asm=0", "bytes repeat"),
        ("ffmpeg:libx265@23:x265-params=no-open-gop=1", "GOPs are closed"),
        ("ffmpeg:libx265@23:x265-params=frame-threads=2", "threads=4"),
        ("ffmpeg:libx265@23:x265-params=lossless=1", "ffv1"),
        ("ffmpeg:libsvtav1@23:svtav1-params=rc=1", "behind the name"),
        ("ffmpeg:libsvtav1@23:svtav1-params=keyint=9", "gop=32"),
        ("ffmpeg:libx264@23:aq-mode=1:x264-params=aq_mode=2", "aq-mode once"),
        ("ffmpeg:libx264@23:x264opts=ref=2", "x264-params"),
        ("ffmpeg:libvpx-vp9@30:speed=2", "cpu-used"),
        ("ffmpeg:libx264@23:crf_max=20", "maxrate beside crf_max"),
        ("ffmpeg:libx264@23:bufsize=1M", "maxrate beside bufsize"),
        ("ffmpeg:libx264@2M:maxrate=1M", "at least the bit rate"),
        ("ffmpeg:libx264@23:x264-params=fooo=1", "fooo"),
        ("ffmpeg:libx265@23:x265-params=fooo=1", "fooo"),
        ("ffmpeg:libsvtav1@23:svtav1-params=fooo=1", "fooo"),
        ("ffmpeg:libx264@23:motion-est=foo", "motion-est"),
        ("ffmpeg:libvpx-vp9@30:cpu-used=99", "out of range"),
        ("ffmpeg:mpeg4@4:skip_frame=all", "it takes|It takes"),
        ("ffmpeg:mpeg4@4:ar=48000", "it takes|It takes"),
        ("ffmpeg:cinepak@4", "without a quality"),
        ("ffmpeg:mjpeg@4:gop=3", "gop=1"),
    ],
)
def test_an_option_that_would_mean_nothing_is_refused_with_what_to_write(text, said):
    with pytest.raises(InvalidValue, match=said):
        codecs.parse(text)


def test_an_unknown_word_is_refused_again_though_the_log_has_said_so_before():
    for _ in range(3):
        with pytest.raises(InvalidValue, match="fooo"):
            codecs.parse("ffmpeg:libx264@23:x264-params=fooo=1")


@pytest.mark.parametrize(
    "option",
    [r"x264-params=ref=1\:subme=1", "motion-est=dia", "aq-mode=0", "qmin=40", "crf_max=30:maxrate=50k"],
)
def test_an_option_of_the_encoder_has_an_effect(option):
    assert bytes_of(f"ffmpeg:libx264@23:{option}") != bytes_of("ffmpeg:libx264@23")


def test_parameters_of_a_point_join_those_that_every_stream_needs():
    (point,) = codecs.parse(r"ffmpeg:libx265@28:x265-params=rd=2\:aq-mode=2")
    settings = encoder_of(point).settings(point.quality, dict(point.options))
    assert settings["x265-params"] == "info=0:log-level=none:rd=2:aq-mode=2"


def test_scene_cuts_of_x264_stay_its_own():
    (point,) = codecs.parse("ffmpeg:libx264@23")
    assert "sc_threshold" not in encoder_of(point).settings(point.quality, dict(point.options))
    assert opened(encoder_of(point), point, 144, 176).is_open
