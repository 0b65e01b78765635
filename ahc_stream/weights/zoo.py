"""CompressAI's zoo as a table: which checkpoints there are, what their files are called, which hash they begin with.

The same addresses as `compressai.zoo`'s, which a test compares; reading them there would import every model first.
The eight digits in a file's name are the first ones of its SHA-256.
"""

from __future__ import annotations

from collections.abc import Mapping

from ahc_stream.core.errors import InvalidValue, UnknownName

ROOT_URL = "https://compressai.s3.amazonaws.com/models/v1"

FILES: Mapping[tuple[str, str], tuple[str, str]] = {
    ("bmshj2018-factorized", "mse"): (
        "bmshj2018-factorized-prior",
        "446d5c7f 87279a02 5c6f152b 1ed4405a 866ba797 9b02ea3a 6dfd6734 5232faa3",
    ),
    ("bmshj2018-factorized", "ms-ssim"): (
        "bmshj2018-factorized-ms-ssim",
        "9781d705 4a584386 5352f123 4f91b847 b3a88897 ee028763 8c265a29 8811bd14",
    ),
    ("bmshj2018-hyperprior", "mse"): (
        "bmshj2018-hyperprior",
        "7eb97409 93677231 6d87be32 de1b779c f8b614e1 1ab9c41e 3804dcbd a583f0cf",
    ),
    ("bmshj2018-hyperprior", "ms-ssim"): (
        "bmshj2018-hyperprior-ms-ssim",
        "5cf249be 1ff60d1f 92dd7878 4377354e c34afc8d 3a6d8229 8747d3bc cc15b5f3",
    ),
    ("mbt2018-mean", "mse"): (
        "mbt2018-mean",
        "e522738d e54a039d 723404a8 6dba02a3 d504e8eb a19628ab d5d441d1 8089ae3e",
    ),
    ("mbt2018-mean", "ms-ssim"): (
        "mbt2018-mean-ms-ssim",
        "5bf9c0b6 e2a1bf3f 640ce819 12626c13 1be7f059 b83bf379 ddf9644c 0cc7b94f",
    ),
    ("mbt2018", "mse"): ("mbt2018", "3f36cd77 43b70cdd 22901978 456e2af9 b4a046dd 7052e5ea 8ba2bf82 dd0097aa"),
    ("mbt2018", "ms-ssim"): (
        "mbt2018-ms-ssim",
        "2878436b c41cb208 d0dd64e8 a120e037 9b30e3b7 f8b3626f 16e6ff50 0cb49d43",
    ),
    ("cheng2020-anchor", "mse"): ("cheng2020-anchor", "dad2ebff a29008eb e49be189 98b0b468 23852949 4c052b1a"),
    ("cheng2020-anchor", "ms-ssim"): (
        "cheng2020_anchor-ms-ssim",
        "20f521db c7ff5812 c23e22d5 0e658304 c0a95e77 f2dc1913",
    ),
    ("cheng2020-attn", "mse"): ("cheng2020_attn-mse", "465f2b64 e0805385 2d07bbdf f7b0ccf2 26c8920e 730501f2"),
    ("cheng2020-attn", "ms-ssim"): ("cheng2020_attn-ms-ssim", "c5381d91 5dad201d 5c9be841 8b2f647e 5ca1f34c 216423ec"),
    ("ssf2020", "mse"): (
        "ssf2020-mse",
        "c1ac1a47 79ed4e19 9c8b998d 577c1eda 1dd7d574 59dfb6f9 4d867411 26439e20 e89345c4",
    ),
}
"""(codec, training metric) -> (how its file names begin, the hash prefixes of qualities 1, 2, 3 ...)."""

VARIABLE_RATE: Mapping[tuple[str, str], tuple[str, str]] = {
    ("bmshj2018-hyperprior-vbr", "mse"): ("bmshj2018-hyperprior-mse-vbr", "cddd26be"),
    ("mbt2018-mean-vbr", "mse"): ("mbt2018-mean-mse-vbr", "45d095e9"),
    ("mbt2018-vbr", "mse"): ("mbt2018-mse-vbr", "f12581a1"),
}
"""(codec, training metric) -> the same of a codec whose one checkpoint serves every quality."""


def weight_name(codec: str, quality: int, metric: str) -> str:
    """Our name of a checkpoint, "cheng2020-anchor-4-mse": one pattern, where the zoo's file names follow several.

    Raises UnknownName for a codec that the zoo does not have, InvalidValue for a metric or quality that it lacks.
    """
    metrics = [metric for name, metric in FILES if name == codec]
    if not metrics:
        raise UnknownName.among("codec of CompressAI's zoo", codec, {name for name, _ in FILES})
    if metric not in metrics:
        todo = f"use metric={metrics[0]}, or bring weights of your own with --weights"
        raise InvalidValue(f"for {codec} weights trained for {' or '.join(metrics)}", f"metric={metric}", todo)
    count = len(FILES[codec, metric][1].split())
    if quality not in range(1, count + 1):
        raise InvalidValue(f"for {codec} a whole number 1..{count}", f"quality {quality}", f"write {codec}@1")
    return f"{codec}-{quality}-{metric}"


def checkpoints() -> dict[str, tuple[str, str]]:
    """Every checkpoint: our name -> (its address, the first eight hexadecimal digits of its SHA-256)."""
    of_any_quality = {
        f"{codec}-{metric}": (f"{ROOT_URL}/{stem}-{prefix}.pth.tar", prefix)
        for (codec, metric), (stem, prefix) in VARIABLE_RATE.items()
    }
    return of_any_quality | {
        weight_name(codec, quality, metric): (f"{ROOT_URL}/{stem}-{quality}-{prefix}.pth.tar", prefix)
        for (codec, metric), (stem, prefixes) in FILES.items()
        for quality, prefix in enumerate(prefixes.split(), start=1)
    }


def url(name: str) -> tuple[str, str]:
    """Address and hash prefix of one checkpoint. Raises UnknownName."""
    known = checkpoints()
    if name not in known:
        raise UnknownName.among("checkpoint of CompressAI's zoo", name, known)
    return known[name]


def file_stem(name: str) -> str:
    """What CompressAI calls the file, without its suffix: "cheng2020-anchor-4-98b0b468"."""
    return url(name)[0].rsplit("/", 1)[1].removesuffix(".pth.tar")
