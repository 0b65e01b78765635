"""Rows of metrics that model how people see, through packages and programs of others or their published definitions."""

from __future__ import annotations

from ahc_stream.core.option import Option, one_of
from ahc_stream.metrics.entry import Metric

_DISPLAYS = (
    *("standard_4k", "standard_fhd", "standard_phone", "standard_hmd", "sdr_4k_30", "sdr_fhd_24", "htc_vive_pro"),
    *("iphone_12_pro", "iphone_14_pro", "ipad_pro_12_9", "macbook_pro_16", "lg_oled_2017_sdr", "eizo_CG3146"),
)
"""ColorVideoVDP's displays that show sRGB, which is what frames here are; its others take light or HDR signals."""

SEEING: dict[str, Metric] = {
    "ssimulacra2": Metric(
        name="ssimulacra2",
        label="SSIMULACRA 2",
        unit="1",
        decimals=2,
        definition=(
            "SSIMULACRA 2, version 2.1 (Sneyers, 2022; libjxl's tools/ssimulacra2): 100 for frames that look alike, "
            "90 visually lossless, 70 high, 50 medium, 30 low quality, and no bound below; of RGB taken for sRGB, in "
            "XYB at up to six scales; undefined below 8 pixels a side."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.ssimulacra2:SSIMULACRA2",
        range="100 and below",
        source="Sneyers 2022; libjxl's tools/ssimulacra2, version 2.1",
    ),
    "butteraugli": Metric(
        name="butteraugli",
        label="Butteraugli",
        unit="1",
        decimals=3,
        definition=(
            "Butteraugli's largest distance over the frame, 0 for identical frames and about 1 where a difference is "
            "just seen, by the program butteraugli_main of libjxl (Alakuijala et al., 2017; the version is the "
            "program's) at its 80 nits; floats rounded to 8 bits; undefined below 8 pixels a side."
        ),
        higher_is_better=False,
        computation="ahc_stream.metrics.butteraugli:LARGEST",
        range="0 and above",
        source="Alakuijala et al. 2017, arXiv:1703.04421",
        model="butteraugli_main of libjxl",
    ),
    "butteraugli_3norm": Metric(
        name="butteraugli_3norm",
        label="Butteraugli, 3-norm",
        unit="1",
        decimals=3,
        definition=(
            "The distances of `butteraugli` over the frame as libjxl pools them where it says 3-norm: the mean of the "
            "norms with the exponents 3, 6 and 12; the same program, undefined where that is."
        ),
        higher_is_better=False,
        computation="ahc_stream.metrics.butteraugli:NORM",
        range="0 and above",
        source="Alakuijala et al. 2017, arXiv:1703.04421; the norm is libjxl's",
        model="butteraugli_main of libjxl",
    ),
    "cvvdp": Metric(
        name="cvvdp",
        label="ColorVideoVDP",
        unit="JOD",
        decimals=3,
        definition=(
            "ColorVideoVDP (Mantiuk et al., 2024) by the package cvvdp, 0.5: the quality of each frame in just "
            "objectionable differences from the 10 of identical ones, of sRGB on a display that an option names; of a "
            "video with the quarter of a second before each frame and the transient channel, its first frame repeated "
            "before it, and of other frames as of pictures; undefined below 16 pixels a side."
        ),
        higher_is_better=True,
        computation="ahc_stream.metrics.cvvdp:cvvdp",
        range="10 and below",
        source="Mantiuk et al. 2024, ACM Transactions on Graphics 43(4)",
        model="ColorVideoVDP 0.5 of the package cvvdp",
        options={
            "display": Option(
                "standard_4k",
                "The display and how far it is seen from, by the package's name; standard_4k: 30 inches, 200 cd/m^2.",
                one_of(*_DISPLAYS),
            )
        },
    ),
    "dists": Metric(
        name="dists",
        label="DISTS",
        unit="1",
        decimals=4,
        definition=(
            "DISTS (Ding et al., 2020) with the authors' weights of 2020, as torchmetrics computes it in float32: "
            "structure and texture of VGG16's features, 0 for identical frames, RGB in 0..1 at full size (the paper "
            "first made the shorter side 256 pixels); undefined below 16 pixels a side."
        ),
        higher_is_better=False,
        computation="ahc_stream.metrics.dists:DISTS",
        range="0..1",
        source="Ding et al. 2020, IEEE Transactions on Pattern Analysis and Machine Intelligence 44(5)",
        model="VGG16, the authors' weights of 2020",
    ),
}
