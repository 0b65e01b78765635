"""The metrics that somebody asks for: names, code of their own, or a profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from ahc_stream import metrics
from ahc_stream.core.errors import InvalidValue, MissingData, UnknownName
from ahc_stream.metrics import own


def test_names_keep_their_order_and_nothing_is_the_profile() -> None:
    assert metrics.chosen(["vif", "psnr"]) == ("vif", "psnr")
    assert metrics.chosen(None) == metrics.PROFILES["standard"].metrics
    assert metrics.chosen(None, "study") == metrics.PROFILES["study"].metrics


def test_code_of_ones_own_is_named_by_what_it_is_called(tmp_path: Path) -> None:
    code = tmp_path / "chosen_metric.py"
    code.write_text("def zero(reference, distorted):\n    return 0.0\n\n\nzero.higher_is_better = True\n")
    assert metrics.chosen([f"{code}:zero", "psnr"]) == ("zero", "psnr")
    del own._brought["zero"], metrics.METRICS["zero"]


def test_what_is_not_there_or_there_again_is_refused() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'psnr'"):
        metrics.chosen(["psnrr"])
    with pytest.raises(UnknownName, match="metric profile"):
        metrics.chosen(None, "studie")
    with pytest.raises(InvalidValue, match="psnr more than once"):
        metrics.chosen(["psnr", "psnr"])
    with pytest.raises(MissingData):
        metrics.chosen(["nowhere.py:x"])
