"""Names of which each may be there once."""

from __future__ import annotations

import pytest

from ahc_stream.core.distinct import check_distinct
from ahc_stream.core.errors import InvalidValue


def test_names_that_are_there_again_are_said() -> None:
    check_distinct("metric", ["psnr", "ssim"])
    with pytest.raises(InvalidValue, match=r"each metric once; got psnr, vif more than once\. Take one out"):
        check_distinct("metric", ["psnr", "vif", "psnr", "ssim", "vif", "psnr"], "take one out")
