"""The zoo's table is CompressAI's, and a point's weights show among its options."""

from __future__ import annotations

import pytest

from ahc_stream.codecs.learned.points import checkpoint_name, labelled, published_name, seed_of
from ahc_stream.core.errors import InvalidValue, MissingData, UnknownName
from ahc_stream.core.point import OperatingPoint
from ahc_stream.weights import zoo


def test_the_table_is_that_of_compressai():
    from compressai.zoo import image, video

    theirs = {
        (codec, quality, metric): url
        for codec, metrics in {**image.model_urls, **video.model_urls}.items()
        for metric, urls in metrics.items()
        for quality, url in urls.items()
    }
    ours = {key: zoo.url(zoo.weight_name(*key))[0] for key in theirs}
    assert ours == theirs
    assert len(zoo.checkpoints()) == len(theirs) + len(zoo.VARIABLE_RATE)


def test_the_table_of_variable_rate_is_that_of_compressai():
    from compressai.zoo import image_vbr

    ours = {(codec, metric): zoo.url(f"{codec}-{metric}")[0] for codec, metric in zoo.VARIABLE_RATE}
    theirs = {(codec, metric): image_vbr.model_urls[codec][metric] for codec, metric in ours}
    assert ours == theirs


def test_hash_prefixes_are_those_of_the_file_names():
    for url, prefix in zoo.checkpoints().values():
        assert len(prefix) == 8 and url.endswith(f"-{prefix}.pth.tar")


def test_a_point_names_its_checkpoint():
    assert checkpoint_name(OperatingPoint("cheng2020-anchor", 4.0)) == "cheng2020-anchor-4-mse"
    assert checkpoint_name(OperatingPoint("mbt2018", 8, (("metric", "ms-ssim"),))) == "mbt2018-8-ms-ssim"
    assert zoo.file_stem("cheng2020-anchor-4-mse") == "cheng2020-anchor-4-98b0b468"


def test_what_the_zoo_lacks_is_an_error_that_says_what_it_has():
    with pytest.raises(InvalidValue, match="trained for mse"):
        zoo.weight_name("ssf2020", 1, "ms-ssim")
    with pytest.raises(InvalidValue, match=r"1\.\.6"):
        zoo.weight_name("cheng2020-attn", 7, "mse")
    with pytest.raises(UnknownName, match="Did you mean 'mbt2018'"):
        zoo.weight_name("mbt2019", 1, "mse")
    with pytest.raises(UnknownName, match="checkpoint"):
        zoo.url("cheng2020-anchor-9-mse")


def test_random_weights_are_asked_for_by_seed():
    assert [seed_of(text) for text in (None, "random:7", "folder/file.pth")] == [None, 7, None]
    with pytest.raises(InvalidValue, match="whole number"):
        seed_of("random:x")


def test_weights_other_than_the_zoos_become_an_option_without_colons():
    point = OperatingPoint("ssf2020", 4, (("metric", "mse"),))
    assert labelled(point, None) == point
    assert labelled(point, "random:3").options_text == "metric=mse:weights=random-3"
    assert labelled(point, "/data/lite/mbt.pth").options_text == "metric=mse:weights=mbt.pth"


def test_a_codec_without_published_weights_asks_for_a_checkpoint():
    point = OperatingPoint("of-ones-own", 2)
    assert checkpoint_name(point) == "of-ones-own-2-mse"
    with pytest.raises(MissingData, match="--weights"):
        published_name(point)
