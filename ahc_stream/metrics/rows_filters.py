"""The rows of the metrics that ffmpeg's filters libvmaf and xpsnr compute; `table.METRICS` has VMAF itself."""

from __future__ import annotations

from ahc_stream.metrics.entry import Metric

_LUMA = "limited-range BT.709 luma rounded to 8 bits"
_SMALL = "undefined below 32 pixels a side"
_NETFLIX = "Li, Aaron, Katsavounidis, Moorthy and Manohara, Netflix Technology Blog"
_LIBVMAF = "libvmaf of the ffmpeg program"


def _model(name: str, label: str, version: str, what: str, source: str) -> Metric:
    """A model of libvmaf's, under the conditions of `vmaf`."""
    return Metric(
        name=name,
        label=label,
        unit="0..100",
        decimals=2,
        definition=f"{what}, libvmaf's model {version}, of the same luma and the same motion as `vmaf`; {_SMALL}.",
        higher_is_better=True,
        computation=f"ahc_stream.metrics.vmaf:{name.upper()}",
        range="0..100",
        source=source,
        model=f"{version}, {_LIBVMAF}",
    )


def _vif(scale: int) -> Metric:
    """One of the four numbers of VIF that VMAF is made of."""
    place = ("finest scale", "second scale", "third scale", "coarsest scale")[scale]
    return Metric(
        name=f"vmaf_vif_{scale}",
        label=f"VIF of VMAF, scale {scale}",
        unit="1",
        decimals=4,
        definition=(
            f"libvmaf's integer VIF of the {place} of {_LUMA}, one of the six numbers that VMAF is made of: bits kept "
            f"over bits there; {_SMALL}."
        ),
        higher_is_better=True,
        computation=f"ahc_stream.metrics.vmaf:VMAF_VIF_{scale}",
        range="0 and above, 1 for identical frames",
        source="Sheikh and Bovik, IEEE Trans. Image Processing 15(2), 2006; libvmaf's integer_vif",
        model=_LIBVMAF,
    )


ROWS: dict[str, Metric] = {
    "vmaf_neg": _model(
        "vmaf_neg",
        "VMAF NEG",
        "vmaf_v0.6.1neg",
        "VMAF that gives nothing for enhancement, such as sharpening",
        "Li, Swanson, Bampis, Krasula and Aaron, Netflix Technology Blog, 2020",
    ),
    "vmaf_4k": _model(
        "vmaf_4k",
        "VMAF 4K",
        "vmaf_4k_v0.6.1",
        "VMAF for a 4K screen seen from 1.5 times its height",
        f"{_NETFLIX}, 2018",
    ),
    "vmaf_phone": _model(
        "vmaf_phone",
        "VMAF phone",
        "vmaf_v0.6.1 with enable_transform",
        "VMAF for a phone's screen, its score raised by the polynomial that the model brings",
        f"{_NETFLIX}, 2018",
    ),
    "vmaf_adm": Metric(
        name="vmaf_adm",
        label="ADM of VMAF",
        unit="1",
        decimals=4,
        definition=(
            f"libvmaf's integer ADM (adm2) of {_LUMA}, one of the six numbers that VMAF is made of: contrast of the "
            f"details that are kept, over that of the details there; {_SMALL}."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.vmaf:VMAF_ADM",
        range="0..1, above 1 where details gain contrast",
        source="Li, Zhang, Ma and Ngan, IEEE Trans. Multimedia 13(5), 2011; libvmaf's integer_adm",
        model=_LIBVMAF,
    ),
    **{f"vmaf_vif_{scale}": _vif(scale) for scale in range(4)},
    "cambi": Metric(
        name="cambi",
        label="CAMBI",
        unit="1",
        decimals=3,
        definition=(
            f"Banding that is visible in the distorted frame alone, by libvmaf's CAMBI with its own settings, of "
            f"{_LUMA}; the reference is not looked at, so that the original's own banding counts too; undefined below "
            "32 pixels a side or 216 pixels of the longer one, above 6000 of both together, and beyond 8 to 1."
        ),
        higher_is_better=False,
        computation="ahc_stream.metrics.vmaf:CAMBI",
        range="0 and above; 5 begins to annoy, 24 was the most its authors saw",
        source="Tandon, Afonso, Sole and Krasula, Picture Coding Symposium, 2021",
        model=_LIBVMAF,
    ),
    "xpsnr_y": Metric(
        name="xpsnr_y",
        label="XPSNR-Y",
        unit="dB",
        decimals=2,
        definition=(
            f"XPSNR by ffmpeg's filter xpsnr, of {_LUMA}: PSNR with each block's error weighted by the reference's "
            "contrast and its change from the frame before, by the rule for fewer than 32 frames a second; a stream's "
            "first frame follows black, a frame that stands alone follows itself; infinite for identical luma; "
            "undefined below 32 pixels a side or 2025 pixels."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.vmaf:XPSNR_Y",
        infinite_if="identical in luma",
        range="0 and above, infinite for identical luma",
        source="Helmrich, Siekmann, Becker, Bosse, Marpe and Wiegand, ICASSP, 2020",
        model="the filter xpsnr of the ffmpeg program",
    ),
}
"""By name, for `table.METRICS`."""
