"""FID from tables: torch-fidelity's own function, weights that count rows, and what it is of."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import torch

from ahc_stream.core.errors import InvalidValue
from ahc_stream.tasks.fid import score
from tests.tasks.score_traits import traits

WIDTH = 64
Values = np.ndarray


def table(features: Values, dataset: str = "d") -> pa.Table:
    """One row for each row of `features`: an image of its own."""
    count = len(features)
    keys = {
        "dataset": [dataset] * count,
        "item": [f"i{at}" for at in range(count)],
        "frame": pa.array([0] * count, pa.int32()),
    }
    return pa.table({**keys, "features": pa.array(features.astype(np.float32).tolist(), pa.list_(pa.float32()))})


def sets(count: int, width: int = WIDTH, seed: int = 0) -> tuple[Values, Values]:
    """Features as of originals and of what became of them, which are not centred."""
    random = np.random.default_rng(seed)
    original = random.gamma(1.0, 0.4, (count, width)).astype(np.float32)
    decoded = (original * 0.9 + random.gamma(0.5, 0.2, (count, width))).astype(np.float32)
    return decoded, original


def tally(decoded: Values, original: Values) -> pa.Table:
    predictions, labels = table(decoded), score.as_labels(table(original))
    return score.tally(predictions, labels, predictions.select(["dataset", "item", "frame"]))


def fid(decoded: Values, original: Values, weights: Values | None = None) -> float:
    return score.scores(tally(decoded, original))(weights)["FID"]


def by_torch_fidelity(decoded: Values, original: Values) -> float:
    package = pytest.importorskip("torch_fidelity.metric_fid", reason="pip install 'ahc-stream[fid]'")
    statistics = [package.fid_features_to_statistics(torch.from_numpy(each)) for each in (original, decoded)]
    return package.fid_statistics_to_metric(*statistics, verbose=False)[package.KEY_METRIC_FID]


@pytest.mark.parametrize(("count", "width"), [(200, 32), (40, 64), (5, 64), (2, 8)])
def test_the_number_is_torch_fidelity_s(count: int, width: int) -> None:
    decoded, original = sets(count, width)
    # of fewer images than numbers, torch-fidelity takes roots of eigenvalues that are rounding alone: 1e-8 each
    assert fid(decoded, original) == pytest.approx(by_torch_fidelity(decoded, original), rel=1e-5, abs=width * 1e-6)


def test_a_weight_counts_how_often_a_row_is_there() -> None:
    decoded, original = sets(30)
    weights = np.random.default_rng(1).integers(0, 4, 30).astype(np.float64)
    often = np.repeat(np.arange(30), weights.astype(int))
    assert fid(decoded, original, weights) == pytest.approx(fid(decoded[often], original[often]), rel=1e-9)
    assert fid(decoded, original, np.ones(30)) == fid(decoded, original)


def test_the_same_set_has_0_in_any_order_and_a_moved_one_the_square_of_the_way() -> None:
    _, original = sets(40)
    assert fid(original, original) == pytest.approx(0, abs=1e-6)
    assert fid(original[::-1], original) == pytest.approx(0, abs=1e-6)  # a set, not pairs
    assert fid(original + np.float32(0.25), original) == pytest.approx(WIDTH * 0.25**2, rel=1e-5)


def test_only_frames_that_both_have_are_in_the_tally_in_the_order_of_the_evaluated() -> None:
    decoded, original = sets(6)
    predictions, labels = table(decoded), table(original)
    evaluated = predictions.select(["dataset", "item", "frame"]).take([4, 1, 5, 0])
    rows = score.tally(predictions.slice(0, 5), labels.slice(1), evaluated)
    assert rows["item"].to_pylist() == ["i4", "i1"]
    assert rows.schema == score.TALLY
    np.testing.assert_array_equal(rows["original"].to_pylist(), original[[4, 1]])


def test_one_image_and_none_have_no_distance() -> None:
    decoded, original = sets(3)
    assert np.isnan(fid(decoded[:1], original[:1]))
    assert score.scores(score.TALLY.empty_table())(None) == {}
    of = score.scores(tally(decoded, original))
    assert of(np.array([1.0, 1.0, 0.0]))["images"] == 2
    assert np.isnan(of(np.array([1.0, 0.0, 0.0]))["FID"])


def test_outcomes_are_the_distances_of_pairs() -> None:
    decoded, original = sets(4)
    found = score.outcomes(tally(decoded, original))
    assert found.column_names == ["dataset", "item", "frame", "feature_distance"]
    expected = np.linalg.norm(decoded.astype(float) - original, axis=1)
    np.testing.assert_allclose(found["feature_distance"].to_numpy(), expected, rtol=1e-12)


def test_rows_of_two_networks_are_refused() -> None:
    decoded, original = sets(4)
    rows = tally(decoded, original)
    mixed = pa.concat_tables([rows, tally(*sets(1, WIDTH + 1))])
    with pytest.raises(InvalidValue, match="features of one network"):
        score.scores(mixed)


def test_it_says_what_a_report_must_know() -> None:
    assert traits(score.SCORES) == {"FID": "headline, lower is better", "images": "whole, hidden"}
